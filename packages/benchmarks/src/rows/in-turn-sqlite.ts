import type { Contender, Row, Setting } from '../harness/row.js';
import { ratePerSecond } from '../harness/stopwatch.js';
import { atLeast } from '../harness/targets.js';
import { addToEmmett, commandToEmmett } from '../peers/emmett-policies.js';
import { historyOf } from '../workload/plain-events.js';
import { oursInTurn } from '../workload/our-contenders.js';
import { emmettSqlite, openEmmett, withOurs, withRawFile } from './sqlite-contenders.js';

/** Row 1. */
export const inTurnSqlite: Row = {
  name: 'in-turn-sqlite',
  work: 'one policy, 2,000 commands one after another, SQLite FULL',
  unit: 'commands/s',
  warmUps: 1,
  contenders: async (setting) => [
    raw(setting),
    oursInTurn(withOurs(setting), countOf(setting), 'not kept up'),
    oursInTurn(withOurs(setting), countOf(setting), 'inline'),
    emmett(setting),
  ],
  judge: (medians) => [atLeast({ of: 'ours', against: 'raw', times: 0.7 }, medians)],
};

function countOf({ isQuick }: Setting): number {
  return isQuick ? 300 : 2000;
}

function raw(setting: Setting): Contender {
  const count = countOf(setting);
  const how = 'better-sqlite3, insert only: one prepared statement a command, each its own transaction';
  return {
    name: 'raw',
    how,
    measure: () =>
      withRawFile(setting, (file) =>
        ratePerSecond(count, () => {
          for (const [revision, event] of historyOf(count).entries()) file.insert({ stream: 'bench', revision }, event);
        }),
      ),
  };
}

function emmett(setting: Setting): Contender {
  const count = Math.min(countOf(setting), 600);
  return emmettSqlite(setting, {
    name: 'emmett-sqlite',
    how: `CommandHandler; only ${count} commands, and its rate falls with each`,
    measure: async (module, path) => {
      const store = await openEmmett(module, path);
      await addToEmmett(store, 'bench');
      return ratePerSecond(count, async () => {
        for (let round = 0; round < count; round++) await commandToEmmett(store, 'bench');
      });
    },
  });
}
