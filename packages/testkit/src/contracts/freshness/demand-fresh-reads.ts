import { isFault, monotonicIds, type ProjectionRunner, type Store, type StreamId } from '@login-policy/event-sourcing';
import { setTimeout as sleep } from 'node:timers/promises';
import { failure } from '../../demand.js';
import { paced } from '../../pace.js';
import type { CounterEvent, CounterRow } from '../../samples/counter.js';
import { Timeline } from './timeline.js';

/** A read model of counters, and how old its answers may be, in milliseconds. */
export interface AgedReads {
  readonly follower: ProjectionRunner<CounterEvent, CounterRow>;
  readonly maxAgeMs: number;
}

/** What happens to a server and the way to it, while it is written and read. What is written in the end may be lost inside `losing` only. */
export type Disturbance = (losing: (lose: () => Promise<void>) => Promise<void>) => Promise<void>;

/** Who writes and reads what, and what goes wrong meanwhile. */
export interface FreshnessOptions {
  /** Of one server, as programs of their own have them. */
  readonly stores: readonly [Store, ...Store[]];
  readonly reads: readonly AgedReads[];
  /** The streams of the counters that are written. */
  readonly streams: readonly [StreamId, ...StreamId[]];
  /** So many reads have to be answered. */
  readonly count: number;
  /** From 0 to 1, without 1. */
  readonly random: () => number;
  /** What the events of a counter come to in the log as it is, whatever its writers were told. */
  readonly totalOf: (id: StreamId) => Promise<number>;
  /** One of them at a time. */
  readonly disturbances: readonly Disturbance[];
}

/** What became of the reads. */
export interface FreshnessCounts {
  readonly answered: number;
  readonly refused: number;
}

const REFUSALS = new Set(['projection-behind', 'position-unknown', 'store-unavailable', 'deadline-exceeded']);
/** So many disturbances in a row that no read is answered between: then one is waited for, however busy the machine is. */
const IN_A_ROW = 4;
const nextId = monotonicIds();

/**
 * Holds that no read is of anything older than what was there `maxAgeMs` before it began: writes and reads counters at random, while the
 * server and the way to it are disturbed, and holds each answer against what was acknowledged when.
 *
 * @throws AssertionError at an answer that is older. Reads may be refused, as long as some are answered.
 */
export async function demandFreshReads(options: FreshnessOptions): Promise<FreshnessCounts> {
  const run = new FreshnessRun(options);
  try {
    await Promise.all([run.write(), run.disturb(), ...options.reads.map((reads) => run.read(reads))]);
  } finally {
    run.isDone = true;
  }
  return { answered: run.answered, refused: run.refused };
}

/** One run, and what its writers and readers know of each other. */
class FreshnessRun {
  readonly #options: FreshnessOptions;
  readonly #timelines: ReadonlyMap<StreamId, Timeline>;
  readonly #writing = new Set<Promise<void>>();
  /** Settles when something that is being lost is lost. */
  #losing: Promise<void> | undefined;
  #isGivenUp = false;
  #disturbances = 0;
  answered = 0;
  refused = 0;

  constructor(options: FreshnessOptions) {
    this.#options = options;
    this.#timelines = new Map(options.streams.map((id) => [id, new Timeline()]));
  }

  get isDone(): boolean {
    return this.#isGivenUp || this.answered >= this.#options.count;
  }

  set isDone(isDone: boolean) {
    this.#isGivenUp = isDone;
  }

  async write(): Promise<void> {
    await Promise.all(Array.from(this.#timelines, ([id, timeline]) => this.#writeTo(id, timeline)));
  }

  async read(reads: AgedReads): Promise<void> {
    while (!this.isDone) {
      await this.#readOnce(reads).catch((caught: unknown) => this.#refuse(reads, caught));
      await this.#pause(8);
    }
  }

  async disturb(): Promise<void> {
    while (!this.isDone) {
      await this.#pause(400);
      if (this.#disturbances >= IN_A_ROW) continue;
      this.#disturbances += 1;
      await this.#any(this.#options.disturbances)?.((lose) => this.#lose(lose));
    }
  }

  async #writeTo(id: StreamId, timeline: Timeline): Promise<void> {
    while (!this.isDone) {
      await this.#pause(15);
      if (this.#losing !== undefined) continue;
      const one = this.#append(id, timeline);
      this.#writing.add(one);
      await one.finally(() => this.#writing.delete(one));
    }
  }

  async #append(id: StreamId, timeline: Timeline): Promise<void> {
    const { stores, random, totalOf } = this.#options;
    const by = 1 + Math.floor(random() * 1_000_000);
    const count = random() < 0.3 ? 2 : 1;
    const metadata = { actor: 'tester', correlationId: 'freshness' };
    const event = { type: 'Counted', schemaVersion: 1, data: { by }, metadata };
    const events = Array.from({ length: count }, () => ({ id: nextId(), ...event }));
    const value = timeline.latest + by * count;
    const end = timeline.begin(value);
    await this.#any(stores)
      ?.eventStore.append({ streamId: id, expected: 'any', events })
      .catch(() => undefined);
    // Whatever its writer was told, the log knows.
    end((await totalOf(id)) === value ? 'written' : 'not-written');
  }

  async #readOnce({ follower, maxAgeMs }: AgedReads): Promise<void> {
    const id = this.#any(this.#options.streams) ?? this.#options.streams[0];
    const begun = performance.now();
    const { rows } = await follower.read([id], { waitMs: paced(200) });
    const [value, ended] = [rows.get(id)?.total ?? 0, performance.now()];
    // What is there after a loss is known when the loss is over.
    await this.#losing;
    const isFresh = this.#timelines.get(id)?.wasHeld(value, begun - maxAgeMs, ended);
    if (isFresh !== true) throw failure(`read ${this.answered} of ${id} was answered by ${value}, which was no more`);
    this.answered += 1;
    this.#disturbances = 0;
  }

  /** Then a program does as an operator does after a restore. */
  async #refuse({ follower }: AgedReads, caught: unknown): Promise<void> {
    if (!isRefusal(caught)) throw caught;
    this.refused += 1;
    if (follower.state.is !== 'stopped') return;
    await follower.rebuild().catch((fault: unknown) => {
      if (!isFault(fault)) throw fault;
    });
  }

  async #lose(lose: () => Promise<void>): Promise<void> {
    this.#losing = this.#loseAlone(lose);
    await this.#losing.finally(() => (this.#losing = undefined));
  }

  /** Nobody writes while something is lost, so that each knows what became of it. */
  async #loseAlone(lose: () => Promise<void>): Promise<void> {
    await Promise.all(this.#writing);
    const from = performance.now();
    await lose();
    for (const [id, timeline] of this.#timelines) timeline.restore(await this.#options.totalOf(id), from);
  }

  async #pause(longestMs: number): Promise<void> {
    await sleep(this.#options.random() * longestMs);
  }

  #any<Value>(values: readonly Value[]): Value | undefined {
    return values[Math.floor(this.#options.random() * values.length)];
  }
}

function isRefusal(caught: unknown): boolean {
  return isFault(caught) && REFUSALS.has(caught.code);
}
