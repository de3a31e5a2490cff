import { loginPolicyProjection } from '@login-policy/domain';
import { Projector } from '@login-policy/event-sourcing';
import { openSqliteStore } from '@login-policy/store-sqlite';
import type { Contender, Row, Setting } from '../harness/row.js';
import { ratePerSecond } from '../harness/stopwatch.js';
import { atLeast } from '../harness/targets.js';
import type { EmmettSqliteModule } from '../peers/peers.js';
import { foldFile } from '../raw/fold-file.js';
import { RawFile } from '../raw/raw-file.js';
import type { PlainEvent } from '../workload/plain-events.js';
import { evolvePlain, noPolicy, type PlainPolicy } from '../workload/plain-policy.js';
import { seedEmmett, seedOurs, seedRaw, type Layout } from '../workload/seeds.js';
import { emmettSqlite, openEmmett } from './sqlite-contenders.js';

/** Row 5. */
export const rebuildSqlite: Row = {
  name: 'rebuild-sqlite',
  work: 'rebuild a projection from 200,000 events of 1,000 policies, SQLite',
  unit: 'events/s',
  warmUps: 1,
  contenders: async (setting): Promise<readonly Contender[]> => {
    const layout = { policies: 1000, eventsEach: setting.isQuick ? 40 : 200, inARow: 1 };
    return [
      raw(setting, layout),
      await ours(setting, layout),
      await emmettByHand(setting, layout),
      emmettConsumer(setting),
    ];
  },
  judge: (medians) => [atLeast({ of: 'ours', against: 'raw', times: 0.6 }, medians)],
};

function raw({ scratch }: Setting, layout: Layout): Contender {
  const file = new RawFile(scratch.fresh('raw.db'));
  seedRaw(file, layout);
  return {
    name: 'raw',
    how: 'better-sqlite3: a scan in pages of 1,000, JSON.parse, a Map of states folded in place; nothing is written',
    measure: () => ratePerSecond(layout.policies * layout.eventsEach, () => foldFile(file)),
  };
}

async function ours({ scratch }: Setting, layout: Layout): Promise<Contender> {
  const store = await openSqliteStore({ path: scratch.fresh('ours.db') });
  await seedOurs(store.eventStore, layout);
  const projector = new Projector({ ...store, projection: loginPolicyProjection });
  return {
    name: 'ours',
    how: 'Projector.rebuild: every event decoded and checked, rows and checkpoint written a page at a time',
    measure: () => ratePerSecond(layout.policies * layout.eventsEach, () => projector.rebuild()),
  };
}

async function emmettByHand(setting: Setting, layout: Layout): Promise<Contender> {
  const { emmettSqlite: module } = setting.peers;
  const path = setting.scratch.fresh('emmett.db');
  if (module !== undefined) await seedEmmett(await openEmmett(module, path), layout);
  return emmettSqlite(setting, {
    name: 'emmett-sqlite, by hand',
    how: 'its readMessagesBatch, 2,000 at a time, folded by hand; nothing is written',
    measure: (opened) => ratePerSecond(layout.policies * layout.eventsEach, () => foldBatches(opened, path)),
  });
}

async function foldBatches({ readMessagesBatch, sqliteConnection }: EmmettSqliteModule, path: string): Promise<void> {
  const connection = sqliteConnection({ fileName: path });
  const states = new Map<string, PlainPolicy>();
  let after = 0n;
  for (let isMore = true; isMore;) {
    const batch = await readMessagesBatch<PlainEvent>(connection, { after, batchSize: 2000 });
    for (const event of batch.messages) {
      const { streamName } = event.metadata;
      states.set(streamName, evolvePlain(states.get(streamName) ?? noPolicy, event, 0));
    }
    after = batch.currentGlobalPosition;
    isMore = batch.areEventsLeft;
  }
  connection.close();
}

function emmettConsumer(setting: Setting): Contender {
  const policies = setting.isQuick ? 10 : 50;
  const count = policies * 100;
  return emmettSqlite(setting, {
    name: 'emmett-sqlite, consumer',
    how: `its consumer with a processor, ${count} events in one batch; the fold only, no row is written`,
    measure: async (module, path) => {
      const store = await openEmmett(module, path);
      await seedEmmett(store, { policies, eventsEach: 100 });
      const consumer = store.consumer<PlainEvent>({ pulling: { batchSize: count, pullingFrequencyInMs: 1 } });
      const states = new Map<string, PlainPolicy>();
      consumer.processor<PlainEvent>({
        processorId: 'policies',
        startFrom: 'BEGINNING',
        stopAfter: ({ metadata }) => metadata.globalPosition >= BigInt(count),
        eachMessage: (event) => {
          const { streamName } = event.metadata;
          states.set(streamName, evolvePlain(states.get(streamName) ?? noPolicy, event, 0));
        },
      });
      const rate = await ratePerSecond(count, () => consumer.start());
      await consumer.close();
      return rate;
    },
  });
}
