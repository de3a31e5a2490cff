import { Follower, isFault, streamId, type Store } from '@login-policy/event-sourcing';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { counterTotals, paced, type CounterEvent, type CounterRow } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { setTimeout as sleep } from 'node:timers/promises';
import { Double } from './double/double.js';
import { newEvents } from './events.js';
import { Random } from './faults/random.js';
import { DISTURBANCES } from './freshness/disturbances.js';
import { Timeline } from './freshness/timeline.js';

/** So many reads are answered; `npm run proofs -- freshness` takes many more. */
const READS = Number(process.env['PROOF_ROUNDS'] ?? 300);
const SEED = Number(process.env['PROOF_SEED'] ?? Date.now() % 1_000_000);
const STREAMS = ['a', 'b', 'c'].map((key) => streamId('Counter', key));
const AGES = [0, 0, 150];
/** As long as a machine that does other things needs. An append whose outcome stayed unknown would be known to nobody here. */
const TIMEOUTS = {
  ...{ probeMs: 30, stallMs: paced(300), retryMs: paced(1000), readMs: paced(500) },
  ...{ appendMs: paced(2000), lookupMs: paced(10_000) },
};
/** So many disturbances in a row that no read is answered between: then it is waited for one, however busy the machine is. */
const IN_A_ROW = 4;
const REFUSALS = new Set(['projection-behind', 'position-unknown', 'store-unavailable', 'deadline-exceeded']);

type Counters = Follower<CounterEvent, CounterRow>;

/** What one run is about: a server, the programs that write to it, and those that read it. */
interface Parts {
  readonly double: Double;
  readonly stores: readonly Store[];
  readonly followers: readonly (readonly [Counters, number])[];
}

/** One run, and what its writers and readers know of each other. */
class Run {
  readonly double: Double;
  readonly stores: readonly Store[];
  readonly followers: Parts['followers'];
  readonly timelines = new Map(STREAMS.map((id) => [id, new Timeline()]));
  readonly #chance = new Random(SEED);
  readonly #writing = new Set<Promise<void>>();
  #isPaused = false;
  #disturbances = 0;
  answered = 0;
  refused = 0;

  constructor({ double, stores, followers }: Parts) {
    this.double = double;
    this.stores = stores;
    this.followers = followers;
  }

  readonly random = (): number => this.#chance.below(1_000_000) / 1_000_000;

  get isDone(): boolean {
    return this.answered >= READS;
  }

  async write(): Promise<void> {
    await Promise.all(Array.from(this.timelines, ([id, timeline]) => this.#writeTo(id, timeline)));
  }

  async #writeTo(id: (typeof STREAMS)[number], timeline: Timeline): Promise<void> {
    while (!this.isDone) {
      await sleep(this.random() * 15);
      if (this.#isPaused) continue;
      const one = this.#append(id, timeline);
      this.#writing.add(one);
      await one.finally(() => this.#writing.delete(one));
    }
  }

  async #append(id: (typeof STREAMS)[number], timeline: Timeline): Promise<void> {
    const [store] = this.random() < 0.5 ? this.stores : this.stores.toReversed();
    const by = 1 + Math.floor(this.random() * 1_000_000);
    const events = newEvents(this.random() < 0.3 ? 2 : 1).map((event) => ({ ...event, data: { by } }));
    const value = timeline.latest + by * events.length;
    const end = timeline.begin(value);
    await store?.eventStore.append({ streamId: id, expected: 'any', events }).catch(() => undefined);
    // Whatever its writer was told, the log knows.
    end(this.#totalOf(id) === value ? 'written' : 'not-written');
  }

  #totalOf(id: string): number {
    const amounts = this.double.log.stream(id).map(({ data }) => {
      const parsed: unknown = JSON.parse(Buffer.from(data).toString('utf8'));
      return typeof parsed === 'object' && parsed !== null ? Number(Reflect.get(parsed, 'by')) : 0;
    });
    return amounts.reduce((sum, by) => sum + by, 0);
  }

  async read([follower, maxAgeMs]: readonly [Counters, number]): Promise<void> {
    while (!this.isDone) {
      const id = STREAMS[Math.floor(this.random() * STREAMS.length)] ?? STREAMS[0];
      if (id === undefined) return;
      const begun = performance.now();
      try {
        const { rows } = await follower.read([id], { waitMs: paced(200) });
        const value = rows.get(id)?.total ?? 0;
        const isFresh = this.timelines.get(id)?.wasHeld(value, begun - maxAgeMs, performance.now());
        if (isFresh !== true) throw new Error(`read ${this.answered}: ${id} was answered as ${value}, seed ${SEED}`);
        this.answered += 1;
        this.#disturbances = 0;
      } catch (caught) {
        if (!isFault(caught) || !REFUSALS.has(caught.code)) throw caught;
        this.refused += 1;
        await this.#mend(follower);
      }
      await sleep(this.random() * 8);
    }
  }

  /** As an operator does after a restore. */
  async #mend(follower: Counters): Promise<void> {
    if (follower.state.is !== 'stopped') return;
    await follower.rebuild().catch((caught: unknown) => expect(isFault(caught)).to.equal(true));
  }

  async disturb(): Promise<void> {
    while (!this.isDone) {
      await sleep(this.random() * 400);
      if (this.#disturbances >= IN_A_ROW) continue;
      this.#disturbances += 1;
      const chance = this.random();
      if (chance < 0.1) await this.#restore();
      else if (chance < 0.25) await this.followers[0]?.[0].rebuild().catch(() => undefined);
      else await DISTURBANCES[Math.floor(this.random() * DISTURBANCES.length)]?.(this.double, this.random);
    }
  }

  /** Nobody writes while the log is put back, so that each knows what became of it. */
  async #restore(): Promise<void> {
    const [restore, values] = [this.double.log.backUp(), new Map<string, number>()];
    for (const id of STREAMS) values.set(id, this.#totalOf(id));
    await sleep(this.random() * 100);
    this.#isPaused = true;
    await Promise.all(this.#writing);
    const from = performance.now();
    // A server whose files are put back is started anew.
    this.double.wire.cut();
    await sleep(1);
    restore();
    for (const [id, timeline] of this.timelines) timeline.restore(values.get(id) ?? 0, from);
    this.#isPaused = false;
  }
}

describe('every read of followed rows', () => {
  it('is of what was there no longer ago than it may be, whatever servers and lines do', async () => {
    const double = await Double.startBehindWire();
    const stores = [1, 2].map(() => connectEventStoreDb(double.url, { timeouts: TIMEOUTS }));
    const followers = await Promise.all(
      AGES.map(async (maxAgeMs, index) => {
        const store = stores[index % stores.length];
        if (store === undefined) throw new Error('two stores');
        return [await Follower.open({ store, projection: counterTotals, maxAgeMs }), maxAgeMs] as const;
      }),
    );
    const run = new Run({ double, stores, followers });
    try {
      await Promise.all([run.write(), run.disturb(), ...followers.map((follower) => run.read(follower))]);
    } finally {
      run.answered = Infinity;
      await Promise.all(followers.map(([follower]) => follower.close()));
      await Promise.all(stores.map((store) => store.close()));
      await double.stop();
    }
  });
});
