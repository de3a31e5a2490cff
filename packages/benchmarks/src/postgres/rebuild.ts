import { loginPolicyProjection } from '@login-policy/domain';
import { Projector } from '@login-policy/event-sourcing';
import { openPostgresStore } from '@login-policy/store-postgres';
import { Pool } from 'pg';
import type { Contender, Row, Setting } from '../harness/row.js';
import { ratePerSecond } from '../harness/stopwatch.js';
import { atLeast } from '../harness/targets.js';
import { foldPages } from '../raw/fold-file.js';
import { AT_ONCE, lanes, POLICIES } from '../workload/lanes.js';
import { historyOf, type PlainEvent } from '../workload/plain-events.js';
import { evolvePlain, noPolicy, type PlainPolicy } from '../workload/plain-policy.js';
import { streamOf } from '../workload/recorded-history.js';
import { seedEmmett, seedOurs, type Layout } from '../workload/seeds.js';
import { freshDatabase } from './databases.js';
import { castorePostgres, emmettPostgres } from './peers.js';
import { RawDatabase } from './raw-database.js';

const PAGE = 1000;

/** Row 5. */
export const rebuild: Row = {
  name: 'rebuild-postgres',
  work: 'rebuild a projection from 100,000 events of 1,000 policies',
  unit: 'events/s',
  warmUps: 3,
  contenders: async (setting): Promise<readonly Contender[]> => {
    const layout = { policies: POLICIES, eventsEach: setting.isQuick ? 10 : 100, inARow: 1 };
    return [await raw(layout), await ours(layout), castore(setting), emmettConsumer()];
  },
  judge: (medians) => [atLeast({ of: 'ours', against: 'raw', times: 0.6 }, medians)],
};

async function raw({ policies, eventsEach }: Layout): Promise<Contender> {
  const database = await RawDatabase.open(await freshDatabase());
  for (const [revision, event] of historyOf(eventsEach).entries()) {
    await database.insertMany(
      Array.from({ length: policies }, (_, number) => ({ place: { stream: streamOf(number), revision }, event })),
    );
  }
  await database.pool.query('VACUUM ANALYZE');
  return {
    name: 'raw',
    how: `pg: a prepared scan in pages of ${PAGE.toLocaleString('en')}, JSON.parse, a Map of states folded in place; nothing is written`,
    measure: () => ratePerSecond(policies * eventsEach, () => foldPages((after) => database.page(after, PAGE))),
  };
}

async function ours(layout: Layout): Promise<Contender> {
  const pool = new Pool({ connectionString: await freshDatabase() });
  const store = await openPostgresStore({ pool });
  await seedOurs(store.eventStore, layout);
  await pool.query('VACUUM ANALYZE');
  const projector = new Projector({ ...store, projection: loginPolicyProjection });
  return {
    name: 'ours',
    how: 'Projector.rebuild: every event decoded and checked, rows and checkpoint written and switched over',
    measure: () => ratePerSecond(layout.policies * layout.eventsEach, () => projector.rebuild()),
  };
}

function castore({ isQuick }: Setting): Contender {
  const eventsEach = isQuick ? 6 : 20;
  return castorePostgres({
    name: 'castore',
    how: `getAggregate, policy by policy, ${AT_ONCE} at a time; only ${eventsEach} events a policy; nothing is written`,
    measure: async (policies) => {
      await lanes(POLICIES, (number) => policies.add(streamOf(number)));
      await lanes(POLICIES * (eventsEach - 4), (number) => policies.command(streamOf(number)));
      let count = 0;
      const rate = await ratePerSecond(POLICIES * eventsEach, () =>
        lanes(POLICIES, async (number) => {
          const loaded = await policies.load(streamOf(number));
          count += loaded;
        }),
      );
      if (count !== POLICIES * eventsEach) throw new Error(`it read ${count} events`);
      return rate;
    },
  });
}

function emmettConsumer(): Contender {
  const [policies, eventsEach] = [10, 100];
  const count = policies * eventsEach;
  return emmettPostgres({
    name: 'emmett-postgresql',
    how: `its consumer with a processor, ${count} events in batches of 100; the fold only, no row is written`,
    measure: async (store) => {
      await seedEmmett(store, { policies, eventsEach });
      const states = new Map<string, PlainPolicy>();
      let seen = 0;
      const consumer = store.consumer<PlainEvent>({ pulling: { batchSize: 100, pullingFrequencyInMs: 1 } });
      consumer.reactor<PlainEvent>({
        processorId: 'policies',
        startFrom: 'BEGINNING',
        stopAfter: () => seen >= count,
        eachMessage: (event) => {
          const { streamName } = event.metadata;
          states.set(streamName, evolvePlain(states.get(streamName) ?? noPolicy, event, 0));
          seen += 1;
        },
      });
      const rate = await ratePerSecond(count, () => consumer.start());
      await consumer.close();
      return rate;
    },
  });
}
