import type { Contender, Row, Setting } from '../harness/row.js';
import { ratePerSecond } from '../harness/stopwatch.js';
import { atLeast } from '../harness/targets.js';
import { commandToEmmett } from '../peers/emmett-policies.js';
import { AT_ONCE, lanes, POLICIES } from '../workload/lanes.js';
import { oursAtOnce } from '../workload/our-contenders.js';
import { historyOf } from '../workload/plain-events.js';
import { streamOf } from '../workload/recorded-history.js';
import { seedEmmett } from '../workload/seeds.js';
import { emmettSqlite, withOurs, withRawFile } from './sqlite-contenders.js';

/** Row 3. */
export const atOnce: Row = {
  name: 'at-once',
  work: '1,000 policies, 32 commands at a time, SQLite FULL',
  unit: 'commands/s',
  warmUps: 1,
  contenders: async (setting) => [
    raw(setting, 1),
    raw(setting, AT_ONCE),
    oursAtOnce(withOurs(setting), countOf(setting)),
    emmett(setting),
  ],
  judge: (medians) => [atLeast({ of: 'ours', against: 'raw', times: 6 }, medians)],
};

function countOf({ isQuick }: Setting): number {
  return isQuick ? 2000 : 10_000;
}

function raw(setting: Setting, inOne: number): Contender {
  const count = countOf(setting);
  const events = historyOf(Math.ceil(count / POLICIES));
  return {
    name: inOne === 1 ? 'raw' : `raw, ${inOne} in one transaction`,
    how: `better-sqlite3, insert only, ${inOne === 1 ? 'one transaction each' : `${inOne} inserts in one transaction`}`,
    measure: () =>
      withRawFile(setting, (file) => {
        const insert = (job: number): void => {
          const event = events[Math.floor(job / POLICIES)];
          if (event === undefined) throw new RangeError(`no event ${job}`);
          file.insert({ stream: streamOf(job % POLICIES), revision: Math.floor(job / POLICIES) }, event);
        };
        return ratePerSecond(count, () => {
          for (let job = 0; job < count; job += inOne) {
            if (inOne === 1) insert(job);
            else
              file.together(() => {
                for (let one = job; one < Math.min(job + inOne, count); one++) insert(one);
              });
          }
        });
      }),
  };
}

function emmett(setting: Setting): Contender {
  const count = POLICIES;
  return emmettSqlite(setting, {
    name: 'emmett-sqlite',
    how: 'CommandHandler, 32 on their way at any time, a connection each',
    measure: async (module, path) => {
      const store = module.getSQLiteEventStore({ fileName: path });
      await store.schema.migrate();
      await seedEmmett(store, { policies: POLICIES, eventsEach: 4 });
      return ratePerSecond(count, () => lanes(count, (number) => commandToEmmett(store, streamOf(number))));
    },
  });
}
