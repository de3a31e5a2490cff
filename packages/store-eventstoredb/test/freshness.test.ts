import { ProjectionRunner, streamId, type StreamId } from '@login-policy/event-sourcing';
import { memoryReadModelStore, type ReadModelStore } from '@login-policy/event-sourcing/store';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { counterTotals, paced } from '@login-policy/testkit';
import { demandFreshReads, type AgedReads } from '@login-policy/testkit/contracts';
import { describe, it } from 'mocha';
import { setTimeout as sleep } from 'node:timers/promises';
import { Double } from './double/double.js';
import { Random } from './faults/random.js';
import { disturbancesOf } from './freshness/disturbances.js';

/** So many reads are answered; `npm run proofs -- freshness` takes many more. */
const READS = Number(process.env['PROOF_ROUNDS'] ?? 200);
const SEED = Number(process.env['PROOF_SEED'] ?? Date.now() % 1_000_000);
const STREAMS = [streamId('Counter', 'a'), streamId('Counter', 'b'), streamId('Counter', 'c')] as const;
const AGES = [0, 0, 150];
/**
 * As long as a machine that does other things needs. An append whose outcome stayed unknown would be known to nobody
 * here.
 */
const TIMEOUTS = {
  ...{ probeMs: 30, stallMs: paced(300), retryMs: paced(1000), readMs: paced(500) },
  ...{ appendMs: paced(2000), lookupMs: paced(10_000) },
};

describe('every read of followed rows', () => {
  it(`returns rows no older than allowed, whatever servers and connections do (seed ${SEED})`, async () => {
    const double = await Double.startBehindWire();
    const stores = [1, 2].map(() => connectEventStoreDb(double.url, { timeouts: TIMEOUTS }));
    const [first, second] = stores;
    if (first === undefined || second === undefined) throw new TypeError('two stores were opened');
    const reads: AgedReads[] = [];
    for (const [index, maxAgeMs] of AGES.entries()) {
      const opened = index % 2 === 0 ? first : second;
      const store = index === 0 ? opened : { ...opened, readModels: answeringLate() };
      reads.push({ follower: await ProjectionRunner.open({ store, projection: counterTotals, maxAgeMs }), maxAgeMs });
    }
    const chance = new Random(SEED);
    const random = (): number => chance.below(1_000_000) / 1_000_000;
    try {
      await demandFreshReads({
        ...{ stores: [first, second], reads, streams: STREAMS, count: READS, random },
        totalOf: async (id) => totalOf(double, id),
        disturbances: disturbancesOf({ double, random, rebuilt: reads[0]?.follower }),
      });
    } finally {
      await Promise.all(reads.map(({ follower }) => follower.close()));
      await Promise.all(stores.map((store) => store.close()));
      await double.stop();
    }
  });
});

/** Read models that are stored far away: rows are looked up, and arrive some time later. */
function answeringLate(): ReadModelStore {
  const near = memoryReadModelStore();
  const open: ReadModelStore['open'] = async (definition) => {
    const model = await near.open(definition);
    const read: typeof model.read = async (keys, wait) => {
      const found = await model.read(keys, wait);
      if (keys.length > 0) await sleep(Math.random() * 30);
      return found;
    };
    return {
      read,
      query: (query, wait) => model.query(query, wait),
      keys: (query, wait) => model.keys(query, wait),
      count: (query, wait) => model.count(query, wait),
      checkpoint: (wait) => model.checkpoint(wait),
      commit: (change, wait) => model.commit(change, wait),
      changed: (signal) => model.changed(signal),
      beginRebuild: (wait) => model.beginRebuild(wait),
    };
  };
  return { open, close: () => near.close() };
}

function totalOf(double: Double, id: StreamId): number {
  const amounts = double.log.stream(id).map(({ data }) => {
    const parsed: unknown = JSON.parse(Buffer.from(data).toString('utf8'));
    return typeof parsed === 'object' && parsed !== null ? Number(Reflect.get(parsed, 'by')) : 0;
  });
  return amounts.reduce((sum, by) => sum + by, 0);
}
