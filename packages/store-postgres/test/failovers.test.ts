import { ProjectionRunner, isFault, type Position } from '@login-policy/event-sourcing';
import { openPostgresStore, type PostgresStore } from '@login-policy/store-postgres';
import { counterTotals, type CounterEvent, type CounterRow } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { detach, onCluster, untilShown, WAITED_FOR, type Cluster } from './cluster.js';
import { allEvents, appendTo, counterStream } from './sample.js';
import { demandSound } from './soundness.js';
import { eventually } from './waiting.js';

const ROUNDS = Number(process.env['PROOF_ROUNDS'] ?? 5);
const SEED = Number(process.env['PROOF_SEED'] ?? 1);
const NAMES = Array.from({ length: 12 }, (_, index) => `s${index}`);
const YES_OR_NO = [() => true, () => false] as const;
const REFUSED = ['store-unavailable', 'outcome-unknown', 'position-unknown', 'rebuild-superseded', 'projection-behind'];

/** What is under way when the standby takes over, and how many messages to the server it takes at the most. */
interface Work {
  readonly messages: number;
  readonly begin: (round: Round) => Promise<unknown>;
}

/** One failover. */
interface Round extends Cluster {
  readonly follower: ProjectionRunner<CounterEvent, CounterRow>;
  readonly acknowledged: Set<string>;
  /** What was read page by page. */
  readonly read: string[];
}

const WORKS: Readonly<Record<string, Work>> = {
  'an append at the place it remembers': { messages: 2, begin: (round) => write(round, 's0') },
  'appends of many': { messages: 8, begin: (round) => Promise.all(NAMES.map((name) => write(round, name))) },
  "an append in a writer's turn": {
    messages: 6,
    async begin(round) {
      const other = await openPostgresStore({ pool: round.pool });
      try {
        await write({ ...round, store: other }, 's0');
      } finally {
        await other.close();
      }
    },
  },
  'a rebuild': {
    messages: 12,
    begin: async ({ store }) =>
      (await ProjectionRunner.open({ store, projection: counterTotals, follows: 'on-demand' })).rebuild(),
  },
  'a first build': {
    messages: 14,
    async begin({ store }) {
      const first = await ProjectionRunner.open({ store, projection: { ...counterTotals, name: 'first' } });
      try {
        await first.ready();
      } finally {
        await first.close();
      }
    },
  },
  'a read in pages': {
    messages: 6,
    async begin({ store, read }) {
      for await (const page of store.eventStore.readStream(counterStream('s0'), { pageSize: 2 }))
        read.push(...page.map(({ id }) => id));
    },
  },
};

describe('a standby of PostgreSQL that takes over', () => {
  for (let round = 0; round < ROUNDS; round++) {
    const random = randomOf(SEED * 1000 + round);
    const [what, work] = Object.entries(WORKS)[random(Object.keys(WORKS).length)] ?? [];
    const [isWaitedFor, at, isKilled] = [random(2) === 0, 1 + random(work?.messages ?? 1), random(2) === 0];
    if (what === undefined || work === undefined) continue;
    const title = `${what}, at message ${at}, the primary ${isKilled ? 'killed' : 'cut off'}`;
    it(`${isWaitedFor ? 'has all that was acknowledged' : 'is gone on from, without what it has not got'}: ${title} (${round})`, () =>
      onCluster(isWaitedFor ? WAITED_FOR : {}, async (cluster) => {
        const follower = await ProjectionRunner.open({ store: cluster.store, projection: counterTotals });
        const all: Round = { ...cluster, follower, acknowledged: new Set(), read: [] };
        for (let count = 0; count < 5; count++) await write(all, 's0');
        await Promise.all(NAMES.map((name) => write(all, name)));
        const kept = new Set(all.acknowledged);
        const lost = isWaitedFor ? undefined : await lose(all);
        await takenOver(all, { at, isKilled, begin: () => work.begin(all) });
        await demandRight({ ...all, acknowledged: isWaitedFor ? all.acknowledged : kept }, lost);
        await follower.close();
      }));
  }
});

/** Appends one event, and remembers it when it was acknowledged. */
async function write({ store, acknowledged }: Round, name: string): Promise<Position> {
  const [event] = await store.eventStore.append(appendTo(name));
  if (event === undefined) throw new TypeError('an append of one event recorded none');
  acknowledged.add(event.id);
  return event.position;
}

/** From now on the standby gets nothing; what is acknowledged since goes with the primary. */
async function lose(round: Round): Promise<Position> {
  await untilShown(round);
  await detach(round);
  for (const name of ['s0', 's1']) await write(round, name);
  return write(round, 'lost');
}

/** Has the standby take over before a message of the work reaches the primary, and lets the work end. */
async function takenOver(
  { primary, standby, way, store, read }: Round,
  { at, isKilled, begin }: { readonly at: number; readonly isKilled: boolean; readonly begin: () => Promise<unknown> },
): Promise<void> {
  const histories = [await idsOf(store)];
  const met = way.atMessage(at, async () => {
    if (isKilled) await primary.kill();
    await standby.promote();
    way.leadTo(standby);
    way.cut();
  });
  const outcome = await begin().then(
    () => 'done',
    (caught: unknown) => (isFault(caught) ? caught.code : caught),
  );
  await met();
  expect(['done', ...REFUSED]).to.include(outcome);
  if (read.length === 0 || outcome !== 'done') return;
  histories.push(await idsOf(store));
  expect(histories).to.deep.include(read);
}

/** The events of the stream that is read in pages. */
async function idsOf({ eventStore }: PostgresStore): Promise<readonly string[]> {
  return (await allEvents(eventStore)).filter(({ streamId }) => streamId === counterStream('s0')).map(({ id }) => id);
}

/** Reads and writes are right on the new server, and what was lost is refused. */
async function demandRight(round: Round, lost: Position | undefined): Promise<void> {
  const { store, follower, acknowledged } = round;
  await eventually('a write', () => write(round, 's1').then(...YES_OR_NO));
  const all = await allEvents(store.eventStore);
  const keys = [...NAMES, 'lost'].map(counterStream);
  const { rows } = await follower.read(keys);
  for (const key of keys) {
    const total = all.filter(({ streamId }) => streamId === key).length;
    expect([key, rows.get(key)?.total ?? 0]).to.deep.equal([key, total]);
  }
  await demandSound(store, { acknowledged });
  if (lost === undefined) return;
  const refused: unknown = await follower.read(keys, { atLeast: lost }).catch((caught: unknown) => caught);
  expect(isFault(refused, 'position-unknown')).to.equal(true);
}

/** Whole numbers below a bound, the same for a seed. */
function randomOf(seed: number): (below: number) => number {
  let state = (seed * 69_069 + 1) % 2_147_483_648;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor(state / 65_536) % below;
  };
}
