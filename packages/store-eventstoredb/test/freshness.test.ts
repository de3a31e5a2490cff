import { ProjectionRunner, streamId, type StreamId } from '@login-policy/event-sourcing';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { counterTotals, paced } from '@login-policy/testkit';
import { demandFreshReads, type AgedReads } from '@login-policy/testkit/contracts';
import { describe, it } from 'mocha';
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
      const store = index % 2 === 0 ? first : second;
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

function totalOf(double: Double, id: StreamId): number {
  const amounts = double.log.stream(id).map(({ data }) => {
    const parsed: unknown = JSON.parse(Buffer.from(data).toString('utf8'));
    return typeof parsed === 'object' && parsed !== null ? Number(Reflect.get(parsed, 'by')) : 0;
  });
  return amounts.reduce((sum, by) => sum + by, 0);
}
