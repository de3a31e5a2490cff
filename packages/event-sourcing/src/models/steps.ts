import type { Deadline } from '../values/deadline.js';
import { isFault } from '../values/is-fault.js';
import { pause } from '../store/back-off.js';
import type { Store } from './store.js';
import type { EventShape, RecordedEvent } from '../streams/event.js';
import { START, type Position, ordinalOf } from '../values/position.js';
import { Fault } from '../values/fault.js';
import type { HeadProof } from '../streams/event-store.js';
import type { SubscriptionMessage } from '../streams/following.js';
import { modelName, type CheckingProjection } from './projection.js';
import { type ReadModelChange, MOST_BEHIND, type CaughtUp } from './read-model-store.js';
import { reducePage, unknownKeys, type KnownRows } from './reduce-page.js';
import type { TimedReadModel } from './timed-read-model.js';
import { yieldToLoop } from '../values/yield-to-loop.js';

const REMEMBERED_ROWS = 20_000;

/** The parts of a step. */
export interface StepParts<Event extends EventShape, Row> {
  readonly projection: CheckingProjection<Event, Row>;
  readonly model: TimedReadModel<Row>;
  readonly readModelUpdates: Store['readModelUpdates'];
}

/**
 * The steps of one read model. Each page of events and its checkpoint are one transaction that first compares the
 * checkpoint, so several runners on one read model only alternate. The rows these steps remember are valid while each
 * step succeeds; after a failure, new steps must be begun.
 */
class Steps<Event extends EventShape, Row> {
  readonly #parts: StepParts<Event, Row>;
  readonly #deadline: Deadline;
  readonly #known: KnownRows<Row> = new Map();
  #reached: Position | undefined;

  constructor(parts: StepParts<Event, Row>, deadline: Deadline, reached: Position | undefined) {
    this.#parts = parts;
    this.#deadline = deadline;
    this.#reached = reached;
  }

  /** All events up to here are reduced; `undefined` before the first step. */
  get reached(): Position | undefined {
    return this.#reached;
  }

  /**
   * Takes a step.
   *
   * @throws ProjectionStopped before an event that can't be reduced; all earlier ones are reduced.
   * @throws CheckpointConflict when another runner was first.
   */
  async take(message: SubscriptionMessage): Promise<void> {
    if (message.kind === 'events') return this.#reduce(message.events);
    const isFurther = this.#reached === undefined || message.position > this.#reached;
    if (isFurther) await this.#commit({ checkpoint: message.position, rows: new Map() });
  }

  async #reduce(events: readonly RecordedEvent[]): Promise<void> {
    const { projection } = this.#parts;
    await this.#lookUp(unknownKeys(projection, events, this.#known));
    const { position, rows: kept, stopped } = reducePage(projection, events, (key) => this.#known.get(key));
    if (position !== undefined) {
      const rows: KnownRows<Row> = new Map();
      for (const [key, row] of kept) rows.set(key, row?.row);
      await this.#commit({ checkpoint: position, rows });
      for (const [key, row] of rows) this.#known.set(key, row);
    }
    if (stopped !== undefined) throw stopped;
    if (this.#known.size > REMEMBERED_ROWS) this.#known.clear();
  }

  /**
   * Looks rows up at the expected checkpoint only. Rows of a later one already contain events of this page, and
   * reducing those twice would fail.
   */
  async #lookUp(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    const { model, projection } = this.#parts;
    const { rows, checkpoint: actual } = await model.read(keys, this.#deadline);
    const expected = this.#reached;
    if (actual !== expected) throw new Fault('checkpoint-conflict', { model: modelName(projection), expected, actual });
    for (const key of keys) this.#known.set(key, rows.get(key));
  }

  /**
   * Commits a step only if this log holds the events it is based on (docs/guarantees.md#reading). For inline
   * projections the step's transaction checks that.
   */
  async #commit({ checkpoint, rows }: Pick<ReadModelChange<Row>, 'checkpoint' | 'rows'>): Promise<void> {
    const { readModelUpdates, model } = this.#parts;
    const expected = this.#reached;
    const basedOn = readModelUpdates === 'inline' && { basedOn: [expected ?? START, checkpoint] };
    await model.commit({ expected, checkpoint, rows, ...basedOn }, this.#deadline);
    this.#reached = checkpoint;
  }
}

/** What a pass has found: the rows are at the head, asked for at this time. */
export type Passed = Pick<HeadProof, 'askedAt' | 'checkpoint'>;

/**
 * Takes a step for each message, up to the head. When another runner was first, it goes on from that runner's checkpoint.
 *
 * @throws DeadlineExceeded when the messages end because their signal fired.
 */
export async function stepThrough<Event extends EventShape, Row>(
  parts: StepParts<Event, Row>,
  deadline: Deadline,
  messages: (after: Position | undefined) => AsyncIterable<SubscriptionMessage>,
): Promise<Passed> {
  return takingTurns(deadline, async () => {
    const steps = new Steps(parts, deadline, await parts.model.checkpoint(deadline));
    let askedAt = -Infinity;
    for await (const message of messages(steps.reached)) {
      await steps.take(message);
      if (message.kind === 'caught-up') askedAt = message.askedAt ?? askedAt;
    }
    deadline.throwIfOver();
    return { askedAt, checkpoint: steps.reached ?? START };
  });
}

/** Runs `turn`, and again whenever another runner was first. */
export async function takingTurns<Result>(deadline: Deadline, turn: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await turn();
    } catch (caught) {
      if (!isFault(caught, 'checkpoint-conflict')) throw caught;
      await deadline.wait(pause(attempt));
    }
  }
}

/** After so many steps that did not get nearer to the head, because writers are faster, steps get larger. */
const PATIENCE = 10;
const LARGER = 10 * MOST_BEHIND;

/**
 * Takes steps until the rows are at the head. Each step runs while no append is written, so the one that finds at most
 * as many events as it may reduce is the last.
 */
export async function stepToHead(step: (atMost: number) => Promise<CaughtUp>): Promise<Position> {
  let [nearest, failures] = [Infinity, 0];
  for (;;) {
    const { checkpoint, head } = await step(failures < PATIENCE ? MOST_BEHIND : LARGER);
    if (checkpoint === head) return checkpoint;
    const behind = Number(ordinalOf(head) - ordinalOf(checkpoint));
    failures = behind < nearest ? 0 : failures + 1;
    nearest = Math.min(nearest, behind);
    await yieldToLoop();
  }
}
