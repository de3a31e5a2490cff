import type { Contender, Row, Setting } from '../harness/row.js';
import { ratePerSecond } from '../harness/stopwatch.js';
import { atLeast } from '../harness/targets.js';
import { addToEmmett, commandToEmmett } from '../peers/emmett-policies.js';
import { oursInTurn } from '../workload/our-contenders.js';
import { historyOf } from '../workload/plain-events.js';
import { withOurs, withRaw } from './databases.js';
import { castorePostgres, emmettPostgres } from './peers.js';

/** Row 1. */
export const inTurn: Row = {
  name: 'in-turn-postgres',
  work: 'one policy, 2,000 commands one after another',
  unit: 'commands/s',
  warmUps: 3,
  contenders: async (setting) => [
    raw(setting),
    oursInTurn(withOurs, countOf(setting), 'not kept up'),
    oursInTurn(withOurs, countOf(setting), 'inline'),
    emmett(setting),
    castore(setting),
  ],
  judge: (medians) => [atLeast({ of: 'ours', against: 'raw', times: 0.8 }, medians)],
};

function countOf({ isQuick }: Setting): number {
  return isQuick ? 300 : 2000;
}

function raw(setting: Setting): Contender {
  const count = countOf(setting);
  return {
    name: 'raw',
    how: 'pg, insert only: one prepared statement a command, each its own transaction',
    measure: () =>
      withRaw((database) =>
        ratePerSecond(count, async () => {
          for (const [revision, event] of historyOf(count).entries()) {
            await database.insert({ stream: 'bench', revision }, event);
          }
        }),
      ),
  };
}

function emmett(setting: Setting): Contender {
  const count = Math.min(countOf(setting), 300);
  return emmettPostgres({
    name: 'emmett-postgresql',
    how: `CommandHandler; only ${count} commands, and its rate falls with each`,
    measure: async (store) => {
      await addToEmmett(store, 'bench');
      return ratePerSecond(count, async () => {
        for (let round = 0; round < count; round++) await commandToEmmett(store, 'bench');
      });
    },
  });
}

function castore(setting: Setting): Contender {
  const count = Math.min(countOf(setting), 300);
  return castorePostgres({
    name: 'castore',
    how: `getExistingAggregate, then pushEvent, on its driver; only ${count} commands, and its rate falls with each`,
    measure: async (policies) => {
      await policies.add('bench');
      return ratePerSecond(count, async () => {
        for (let round = 0; round < count; round++) await policies.command('bench');
      });
    },
  });
}
