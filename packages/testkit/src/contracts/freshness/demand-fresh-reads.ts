import { isFault, monotonicIds, type ProjectionRunner, type Store, type StreamId } from '@login-policy/event-sourcing';
import { setTimeout as sleep } from 'node:timers/promises';
import { failure } from '../../demand.js';
import { paced } from '../../pace.js';
import type { CounterEvent, CounterRow } from '../../samples/counter.js';
import { Timeline } from './timeline.js';

/** A read model of counters, and the greatest age of its answers in milliseconds. */
export interface AgedReads {
  readonly follower: ProjectionRunner<CounterEvent, CounterRow>;
  readonly maxAgeMs: number;
}

/**
 * Disturbs a server or the connection to it during writes and reads. Committed events may be lost only inside `losing`.
 */
export type Disturbance = (losing: (lose: () => Promise<void>) => Promise<void>) => Promise<void>;

/** The stores to test, and the disturbances to apply. */
export interface FreshnessOptions {
  /** Stores on one server, as separate programs open them. */
  readonly stores: readonly [Store, ...Store[]];
  readonly reads: readonly AgedReads[];
  /** The streams of the counters. */
  readonly streams: readonly [StreamId, ...StreamId[]];
  /** The number of reads that must be answered. */
  readonly count: number;
  /** From 0 to 1, exclusive. */
  readonly random: () => number;
  /** The total of a counter's events that are in the log. */
  readonly totalOf: (id: StreamId) => Promise<number>;
  /** Used one at a time. */
  readonly disturbances: readonly Disturbance[];
}

/** The outcomes of the reads. */
export interface FreshnessCounts {
  readonly answered: number;
  readonly refused: number;
}

const REFUSALS = new Set(['projection-behind', 'position-unknown', 'store-unavailable', 'deadline-exceeded']);
/** After this many disturbances without an answered read, the run waits for one before the next disturbance. */
const MOST_UNANSWERED = 4;
const nextId = monotonicIds();

/**
 * Checks that no read returns rows older than `maxAgeMs` before it began. It writes and reads counters at random under
 * disturbances, and compares each answer with the times of the acknowledged writes.
 *
 * @throws AssertionError when an answer is too old. Reads may be refused, as long as some are answered.
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

/** One run, with the state that its writers and readers share. */
class FreshnessRun {
  readonly #options: FreshnessOptions;
  readonly #timelines: ReadonlyMap<StreamId, Timeline>;
  readonly #writing = new Set<Promise<void>>();
  /** Settles when a running loss is complete. */
  #losing: Promise<void> | undefined;
  #isStopped = false;
  #disturbances = 0;
  answered = 0;
  refused = 0;

  constructor(options: FreshnessOptions) {
    this.#options = options;
    this.#timelines = new Map(options.streams.map((id) => [id, new Timeline()]));
  }

  get isDone(): boolean {
    return this.#isStopped || this.answered >= this.#options.count;
  }

  set isDone(isDone: boolean) {
    this.#isStopped = isDone;
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
      if (this.#disturbances >= MOST_UNANSWERED) continue;
      this.#disturbances += 1;
      await this.#pick(this.#options.disturbances)?.((lose) => this.#lose(lose));
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
    const endWrite = timeline.beginWrite(value);
    await this.#pick(stores)
      ?.eventStore.append({ streamId: id, expected: 'any', events })
      .catch(() => undefined);
    // The log decides the outcome, because the writer's answer may be lost.
    endWrite((await totalOf(id)) === value ? 'written' : 'not-written');
  }

  async #readOnce({ follower, maxAgeMs }: AgedReads): Promise<void> {
    const id = this.#pick(this.#options.streams) ?? this.#options.streams[0];
    const beganAt = performance.now();
    const { rows } = await follower.read([id], { waitMs: paced(200) });
    const [value, endedAt] = [rows.get(id)?.total ?? 0, performance.now()];
    // The state after a loss is known only once it is complete.
    await this.#losing;
    const timeline = this.#timelines.get(id);
    if (timeline?.isPossible(value, beganAt - maxAgeMs, endedAt) !== true) {
      const took = `it took ${(endedAt - beganAt).toFixed(0)} ms and may be ${maxAgeMs} ms old`;
      const total = await this.#options.totalOf(id);
      throw failure(
        `read ${this.answered} of ${id} returned ${value}, expected a value of that time: ${took}; ` +
          `the log's total is ${total}; ${String(timeline)}`,
      );
    }
    this.answered += 1;
    this.#disturbances = 0;
  }

  /** Handles a refusal as an operator would after a restore. */
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

  /** No writer runs during a loss, so that every writer knows its outcome. */
  async #loseAlone(lose: () => Promise<void>): Promise<void> {
    await Promise.all(this.#writing);
    const from = performance.now();
    await lose();
    for (const [id, timeline] of this.#timelines) timeline.noteRestored(await this.#options.totalOf(id), from);
  }

  async #pause(longestMs: number): Promise<void> {
    await sleep(this.#options.random() * longestMs);
  }

  #pick<Value>(values: readonly Value[]): Value | undefined {
    return values[Math.floor(this.#options.random() * values.length)];
  }
}

function isRefusal(caught: unknown): boolean {
  return isFault(caught) && REFUSALS.has(caught.code);
}
