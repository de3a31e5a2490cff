import type { Contender, Row, Setting } from '../harness/row.js';
import { ratePerSecond } from '../harness/stopwatch.js';
import { atLeast } from '../harness/targets.js';
import { commandToEmmett } from '../peers/emmett-policies.js';
import { AT_ONCE, lanes, POLICIES } from '../workload/lanes.js';
import { oursAtOnce } from '../workload/our-contenders.js';
import { historyOf } from '../workload/plain-events.js';
import { streamOf } from '../workload/recorded-history.js';
import { seedEmmett } from '../workload/seeds.js';
import { withOurs, withRaw } from './databases.js';
import { castorePostgres, emmettPostgres } from './peers.js';
import type { PlacedEvent } from './raw-database.js';

/** Row 3. */
export const atOnce: Row = {
  name: 'at-once-postgres',
  work: '1,000 policies, 32 commands at a time',
  unit: 'commands/s',
  warmUps: 1,
  contenders: async (setting) => [
    raw(setting),
    rawTogether(setting),
    oursAtOnce(withOurs, countOf(setting)),
    emmett(),
    castore(),
  ],
  judge: (medians) => [atLeast({ of: 'ours', against: 'raw', times: 1.5 }, medians)],
};

function countOf({ isQuick }: Setting): number {
  return isQuick ? 2000 : 5000;
}

function jobsOf(setting: Setting): readonly PlacedEvent[] {
  const count = countOf(setting);
  return historyOf(Math.ceil(count / POLICIES)).flatMap((event, revision) =>
    Array.from({ length: POLICIES }, (_, number) => ({ place: { stream: streamOf(number), revision }, event })),
  );
}

function raw(setting: Setting): Contender {
  const jobs = jobsOf(setting);
  return {
    name: 'raw',
    how: 'pg, insert only, one after another: one prepared statement each, a transaction each',
    measure: () =>
      withRaw((database) =>
        ratePerSecond(jobs.length, async () => {
          for (const { place, event } of jobs) await database.insert(place, event);
        }),
      ),
  };
}

function rawTogether(setting: Setting): Contender {
  const jobs = jobsOf(setting);
  return {
    name: `raw, ${AT_ONCE} in one statement`,
    how: `pg, insert only, ${AT_ONCE} rows in one prepared statement`,
    measure: () =>
      withRaw((database) =>
        ratePerSecond(jobs.length, async () => {
          for (let job = 0; job < jobs.length; job += AT_ONCE) {
            await database.insertMany(jobs.slice(job, job + AT_ONCE));
          }
        }),
      ),
  };
}

function emmett(): Contender {
  return emmettPostgres({
    name: 'emmett-postgresql',
    how: 'CommandHandler, 32 on their way at any time',
    measure: async (store) => {
      await seedEmmett(store, { policies: POLICIES, eventsEach: 4 });
      return ratePerSecond(POLICIES, () => lanes(POLICIES, (number) => commandToEmmett(store, streamOf(number))));
    },
  });
}

function castore(): Contender {
  return castorePostgres({
    name: 'castore',
    how: 'getExistingAggregate, then pushEvent, 32 on their way at any time',
    measure: async (policies) => {
      await lanes(POLICIES, (number) => policies.add(streamOf(number)));
      return ratePerSecond(POLICIES, () => lanes(POLICIES, (number) => policies.command(streamOf(number))));
    },
  });
}
