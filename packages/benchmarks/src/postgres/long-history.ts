import type { Contender, Row, Setting } from '../harness/row.js';
import { foldInto } from '../raw/fold-file.js';
import { sayRatio } from '../report/figures.js';
import { growth, HISTORIES } from '../workload/growth.js';
import { oursOnLongHistory } from '../workload/our-contenders.js';
import { historyOf } from '../workload/plain-events.js';
import { decidePlain, emptyPolicy } from '../workload/plain-policy.js';
import { streamOf } from '../workload/recorded-history.js';
import { withOurs, withRaw } from './databases.js';
import { commandToEmmett } from '../peers/emmett-policies.js';
import type { PlainEvent } from '../workload/plain-events.js';
import { emmettPostgres } from './peers.js';

/** Row 2. */
export const longHistory: Row = {
  name: 'long-history-postgres',
  work: 'p50 of a command at history 2,000 against history 10',
  unit: '×, less is better',
  warmUps: 0,
  contenders: async (setting) => [raw(setting), oursOnLongHistory(withOurs, setting), emmett(setting)],
  judge: (medians) => {
    const found = medians('ours');
    return [{ wanted: 'ours ≤ 1.2 ×', found: sayRatio(found), isMet: found <= 1.2 }];
  },
};

function raw(setting: Setting): Contender {
  return {
    name: 'raw',
    how: 'pg: load all events of the policy, fold, decide, insert',
    measure: () =>
      withRaw(async (database) => {
        for (const [number, length] of HISTORIES.entries()) {
          const history = historyOf(length).map((event, revision) => ({
            place: { stream: streamOf(number), revision },
            event,
          }));
          await database.insertMany(history);
        }
        return growth(setting, async (number, round) => {
          const policy = emptyPolicy();
          const stream = streamOf(number);
          for (const event of await database.stream(stream)) foldInto(policy, event);
          await database.insert({ stream, revision: policy.sequence }, decidePlain(policy, round));
        });
      }),
  };
}

function emmett(setting: Setting): Contender {
  return emmettPostgres({
    name: 'emmett-postgresql',
    how: 'CommandHandler',
    measure: async (store) => {
      for (const [number, length] of HISTORIES.entries()) {
        await store.appendToStream<PlainEvent>(streamOf(number), [...historyOf(length)]);
      }
      return growth(setting, (number) => commandToEmmett(store, streamOf(number)));
    },
  });
}
