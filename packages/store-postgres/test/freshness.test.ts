import { ProjectionRunner, isFault, type StreamId } from '@login-policy/event-sourcing';
import { openPostgresStore, type PostgresStore } from '@login-policy/store-postgres';
import { counterTotals, type CounterEvent, type CounterRow } from '@login-policy/testkit';
import { demandFreshReads, type Disturbance } from '@login-policy/testkit/contracts';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { setTimeout as pause } from 'node:timers/promises';
import { Pool } from 'pg';
import { detach, onCluster, untilShown, WAITED_FOR, type Cluster } from './cluster.js';
import { counterStream } from './sample.js';

/** So many reads are answered; `npm run proofs -- freshness` takes many more. */
const READS = Number(process.env['PROOF_ROUNDS'] ?? 300);
const SEED = Number(process.env['PROOF_SEED'] ?? Date.now() % 1_000_000);
/** A pair of servers fails over once. */
const READS_OF_A_PAIR = 1000;
const STREAMS = [counterStream('a'), counterStream('b'), counterStream('c')] as const;
const FAILOVER_IS_DISTURBANCE = 3;

type Counters = ProjectionRunner<CounterEvent, CounterRow>;
type TakeOver = (cluster: Cluster, losing: Parameters<Disturbance>[0]) => Promise<void>;

/** One pair of servers: how many reads are answered there, and how its standby takes over. */
interface Course {
  readonly count: number;
  readonly seed: number;
  readonly by: TakeOver;
}

describe('every read of rows in PostgreSQL is fresh', () => {
  for (let from = 0; from < READS; from += READS_OF_A_PAIR) {
    const [count, seed] = [Math.min(READS_OF_A_PAIR, READS - from), SEED + from];
    it(`while a standby takes over that has all acknowledged events (seed ${seed})`, () =>
      onCluster(WAITED_FOR, (cluster) => readFrom(cluster, { count, seed, by: takeOver })));

    it(`while a standby takes over that lacks the last events (seed ${seed})`, () =>
      onCluster({}, (cluster) => readFrom(cluster, { count, seed, by: takeOverWithout })));
  }
});

/** Two programs write and read, through whatever leads to the server that is the primary. */
async function readFrom(cluster: Cluster, { count, seed, by }: Course): Promise<void> {
  const { store, way } = cluster;
  const pool = new Pool({ connectionString: way.url });
  pool.on('error', () => undefined);
  const other = await openPostgresStore({ pool });
  const followers: Counters[] = [];
  for (const each of [store, other, store])
    followers.push(await ProjectionRunner.open({ store: each, projection: counterTotals }));
  const random = randomOf(seed);
  try {
    const { answered } = await demandFreshReads({
      ...{ stores: [store, other], reads: followers.map((follower) => ({ follower, maxAgeMs: 0 })) },
      ...{ streams: STREAMS, count, random, totalOf: (id) => totalOf(store, id) },
      disturbances: [disturbing(cluster, { by, random, rebuilt: followers[0] })],
    });
    expect(answered).to.be.at.least(count);
  } finally {
    await Promise.all(followers.map((follower) => follower.close()));
    await other.close();
    await pool.end();
  }
}

/** The standby takes over once, as one of what happens to the pair. */
function disturbing(
  cluster: Cluster,
  { by, random, rebuilt }: { by: TakeOver; random: () => number; rebuilt: Counters | undefined },
): Disturbance {
  let [count, leader] = [0, cluster.primary];
  const ways = [
    async () => cluster.way.cut(),
    async () => {
      const goOn = await leader.freeze();
      await pause(random() * 200);
      await goOn();
    },
    async () => void (await rebuilt?.rebuild().catch(() => undefined)),
  ];
  return async (losing) => {
    count += 1;
    if (count !== FAILOVER_IS_DISTURBANCE) return ways[Math.floor(random() * ways.length)]?.();
    await by(cluster, losing);
    leader = cluster.standby;
  };
}

/** While it is written: each commit waits for the standby. */
async function takeOver({ primary, standby, way }: Cluster): Promise<void> {
  await primary.kill();
  await standby.promote();
  way.leadTo(standby);
  way.cut();
}

/** Without what was acknowledged since the standby was shown the last time. */
async function takeOverWithout(cluster: Cluster, losing: Parameters<Disturbance>[0]): Promise<void> {
  await untilShown(cluster);
  await detach(cluster);
  await pause(100);
  await losing(() => takeOver(cluster));
}

/** What the server that is the primary says, as soon as there is one. */
async function totalOf({ eventStore }: PostgresStore, id: StreamId): Promise<number> {
  for (;;) {
    try {
      let total = 0;
      for await (const page of eventStore.readStream(id)) for (const { data } of page) total += Number(data['by']);
      return total;
    } catch (caught) {
      if (!isFault(caught)) throw caught;
      await pause(10);
    }
  }
}

/** The same for a seed, from 0 to 1 without 1. */
function randomOf(seed: number): () => number {
  let state = (seed * 69_069 + 1) % 2_147_483_648;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}
