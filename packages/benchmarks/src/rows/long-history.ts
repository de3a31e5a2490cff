import type { Contender, Row, Setting } from '../harness/row.js';
import { commandToEmmett } from '../peers/emmett-policies.js';
import { foldStream } from '../raw/fold-file.js';
import { sayRatio } from '../report/figures.js';
import { growth, HISTORIES } from '../workload/growth.js';
import { historyOf, type PlainEvent } from '../workload/plain-events.js';
import { decidePlain } from '../workload/plain-policy.js';
import { oursOnLongHistory } from '../workload/our-contenders.js';
import { streamOf } from '../workload/recorded-history.js';
import { emmettSqlite, openEmmett, withOurs, withRawFile } from './sqlite-contenders.js';

/** Row 2. */
export const longHistory: Row = {
  name: 'long-history',
  work: 'p50 of a command at history 2,000 against history 10, SQLite FULL',
  unit: '×, less is better',
  warmUps: 0,
  contenders: async (setting) => [raw(setting), oursOnLongHistory(withOurs(setting), setting), emmett(setting)],
  judge: (medians) => {
    const found = medians('ours');
    return [{ wanted: 'ours ≤ 1.2 ×', found: sayRatio(found), isMet: found <= 1.2 }];
  },
};

function raw(setting: Setting): Contender {
  return {
    name: 'raw',
    how: 'better-sqlite3: load all events of the policy, fold, decide, insert',
    measure: () =>
      withRawFile(setting, (file) => {
        file.together(() => {
          for (const [number, length] of HISTORIES.entries()) {
            for (const [revision, event] of historyOf(length).entries()) {
              file.insert({ stream: streamOf(number), revision }, event);
            }
          }
        });
        return growth(setting, (number, round) => {
          const stream = streamOf(number);
          const policy = foldStream(file, stream);
          file.insert({ stream, revision: policy.sequence }, decidePlain(policy, round));
        });
      }),
  };
}

function emmett(setting: Setting): Contender {
  return emmettSqlite(setting, {
    name: 'emmett-sqlite',
    how: 'CommandHandler',
    measure: async (module, path) => {
      const store = await openEmmett(module, path);
      for (const [number, length] of HISTORIES.entries()) {
        await store.appendToStream<PlainEvent>(streamOf(number), [...historyOf(length)]);
      }
      return growth(setting, (number) => commandToEmmett(store, streamOf(number)));
    },
  });
}
