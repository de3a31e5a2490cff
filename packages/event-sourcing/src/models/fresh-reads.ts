import type { Deadline } from '../values/deadline.js';
import { Fault } from '../values/fault.js';
import { Lru } from '../values/lru.js';
import type { Store } from './store.js';
import { forgetLost, type TimedEventStore } from '../streams/timed-event-store.js';
import { laterPosition, ordinalOf, START, type Position } from '../values/position.js';
import type { CheckpointWaiters } from './checkpoint-waiters.js';
import type { HeadProof } from '../streams/event-store.js';
import { lostCheckpoint, standingBy, standingInline, type Standing } from './head-proof.js';
import { HeadQuestions } from './head-questions.js';
import type { ReadDeadline } from './read-deadline.js';
import type { RowsAt } from './read-model-store.js';

/** From this much on, a lead of the wall clock shows that the machine was suspended. */
const SUSPENDED_MS = 1000;

/** What a timed-out read was waiting for. */
export interface Late {
  readonly cause?: unknown;
  readonly required?: Position;
}

/** What reads ask of the projection's runner, or tell it. */
export interface RunnerControl {
  /** Throws the reason if the runner has stopped at this checkpoint. */
  readonly refuseWhenStopped: (reached: Position | undefined) => void;
  /** The rows lag: asks the runner to update them. */
  readonly wake: () => void;
  /** A proof showed that the rows are at the head. */
  readonly isAtHead: (proof: Pick<HeadProof, 'askedAt' | 'checkpoint'>) => void;
  /** The fault for rows that did not get far enough in time. */
  readonly lateFault: (deadline: ReadDeadline, lateFault: Late) => Promise<Error>;
}

/** The parts of fresh reads. */
export interface FreshReadsOptions {
  readonly store: TimedEventStore;
  readonly readModelUpdates: Store['readModelUpdates'];
  readonly waiters: CheckpointWaiters;
  readonly runner: RunnerControl;
  readonly maxAgeMs: number;
  readonly closing: AbortSignal;
}

/** Reads rows within the deadline of a call. */
export type Read<Found> = (deadline: ReadDeadline) => Promise<Found>;

/** How far the rows of one read must be, and from when they count as proven fresh once they are there. */
interface Required {
  readonly position: Position;
  readonly askedAt: number;
  /** Whether the log was found to have that position, not too long ago. */
  readonly isKnown: boolean;
}

/** Answers reads only from rows that are proven fresh (docs/guarantees.md#reading). */
export class FreshReads {
  readonly #options: FreshReadsOptions;
  readonly #questions: HeadQuestions;
  /** Positions of a followed store, and when its log was asked for them. They count as long as proofs do. */
  readonly #known = new Lru<Position, number>(1000);
  /**
   * The checkpoint whose rows were last proven to be at the head, and when, by `performance.now()`. A later checkpoint
   * may be of a history that was lost by then. Only proofs asked for after `since` count. No proof is older than 0,
   * whatever `maxAgeMs` is.
   */
  #lastProof = { checkpoint: START, at: -Infinity, since: 0 };
  /** How far the wall clock is ahead of the monotonic one. */
  #lead = Date.now() - performance.now();

  constructor(options: FreshReadsOptions) {
    this.#options = options;
    this.#questions = new HeadQuestions(options.store, options.closing);
  }

  /** The rows at this checkpoint were proven to be at the head. */
  noteAtHead({ askedAt: at, checkpoint }: Pick<HeadProof, 'askedAt' | 'checkpoint'>): void {
    const { at: before, since } = this.#lastProof;
    if (at > since && at >= before) this.#lastProof = { checkpoint, at, since };
  }

  /** Discards all proofs so far, also those that were asked for and have not come. */
  discardProofs(): void {
    this.#lastProof = { checkpoint: START, at: -Infinity, since: performance.now() };
    this.#known.clear();
  }

  /** The rows `read` finds, once they are fresh. @throws ProjectionBehind, PositionUnknown, DeadlineExceeded */
  answer<Found extends RowsAt<unknown>>(read: Read<Found>, deadline: ReadDeadline): Promise<Found> {
    return this.#options.readModelUpdates === 'inline'
      ? this.#answerInline(read, deadline)
      : this.#answerFollowed(read, deadline);
  }

  async #answerInline<Found extends RowsAt<unknown>>(read: Read<Found>, deadline: ReadDeadline): Promise<Found> {
    let answer = this.#ofThisLog(await read(deadline));
    const { head: required = START } = answer;
    if (deadline.atLeast > required) throw lostCheckpoint({ checkpoint: deadline.atLeast, head: required });
    while (isBehind(answer, required)) {
      await this.#waitUntil(required, answer.checkpoint, deadline);
      answer = this.#ofThisLog(await read(deadline));
    }
    const looking = this.#demandKnown(answer, deadline);
    if (looking !== undefined) await looking;
    return answer;
  }

  async #answerFollowed<Found extends RowsAt<unknown>>(read: Read<Found>, deadline: ReadDeadline): Promise<Found> {
    this.#discardAfterSuspension();
    const begunAt = performance.now();
    const found = await read(deadline);
    const { position, askedAt, isKnown } = await this.#required(found, deadline, begunAt);
    let answer = found;
    while ((answer.checkpoint ?? START) < position) {
      await this.#waitUntil(position, answer.checkpoint, deadline);
      answer = await read(deadline);
    }
    if (answer !== found && !(isKnown && answer.checkpoint === position))
      await this.#demandInLog(answer, deadline, begunAt - this.#options.maxAgeMs);
    if (answer.checkpoint === position) this.noteAtHead({ askedAt, checkpoint: position });
    await this.#demandKnown(answer, deadline);
    return answer;
  }

  /** The answer, unless its rows belong to a lost history: the runner then rebuilds them. @throws PositionUnknown */
  #ofThisLog<Found extends RowsAt<unknown>>(answer: Found): Found {
    const { checkpoint = START, head = START } = answer;
    if (standingInline(checkpoint, head) !== 'lost') return answer;
    const { runner } = this.#options;
    runner.refuseWhenStopped(answer.checkpoint);
    runner.wake();
    throw lostCheckpoint({ checkpoint, head });
  }

  /** What the rows of a followed read model must have reached for this read. */
  async #required(found: RowsAt<unknown>, deadline: ReadDeadline, begunAt: number): Promise<Required> {
    const { runner, maxAgeMs, store } = this.#options;
    const { checkpoint = START } = found;
    runner.refuseWhenStopped(found.checkpoint);
    demandSameHistory(deadline.atLeast, checkpoint);
    const { position: own = START, at: ownAt = -Infinity } = store.acknowledged ?? {};
    const written = laterPosition(deadline.atLeast, own);
    const notBefore = Math.max(begunAt - maxAgeMs, this.#lastProof.since);
    const isOwnKnown = written === own && ownAt >= notBefore;
    if (this.#lastProof.at < begunAt - maxAgeMs / 2) this.#renewProof(checkpoint, notBefore);
    const isAtHead = this.#lastProof.checkpoint === checkpoint && this.#lastProof.at >= notBefore;
    // What another process wrote since then may be of a stream that these rows don't follow. With the head, the store
    // learns how far its next read must go.
    const isElsewhere = written > checkpoint && written !== own;
    if (isAtHead && !isElsewhere) return { position: written, askedAt: -Infinity, isKnown: isOwnKnown };
    const proof = await this.#prove(checkpoint, deadline, isElsewhere ? Math.max(begunAt, notBefore) : notBefore);
    const standing = this.#applyProof(proof);
    if (standing === 'lost') throw lostCheckpoint(proof);
    const reached = standing === 'behind' ? proof.head : START;
    const position = laterPosition(reached, written);
    const isHead = position === proof.head;
    return { position, askedAt: isHead ? proof.askedAt : -Infinity, isKnown: isHead || isOwnKnown };
  }

  /** Refuses rows that went on while a read waited, if a history that is lost by now took them there. */
  async #demandInLog(
    { checkpoint = START }: RowsAt<unknown>,
    deadline: ReadDeadline,
    notBefore: number,
  ): Promise<void> {
    const proof = await this.#prove(checkpoint, deadline, notBefore);
    if (this.#applyProof(proof) === 'lost') throw lostCheckpoint(proof);
  }

  #prove(checkpoint: Position, deadline: ReadDeadline, notBefore: number): Promise<HeadProof> {
    return deadline.waitFor(this.#questions.ask(checkpoint, notBefore), (cause) =>
      this.#options.runner.lateFault(deadline, { cause }),
    );
  }

  /**
   * Refuses a position at which the store has no event: a reader who names one expects to see a change. `undefined`
   * when there is nothing to look up.
   *
   * @throws PositionUnknown
   */
  #demandKnown(
    { checkpoint = START, head = checkpoint }: RowsAt<unknown>,
    deadline: ReadDeadline,
  ): Promise<void> | undefined {
    const { atLeast } = deadline;
    const isSeen = atLeast === START || atLeast === head || atLeast === checkpoint;
    const knownAt = this.#known.get(atLeast) ?? -Infinity;
    const isKnown = performance.now() - knownAt <= this.#options.maxAgeMs;
    return isSeen || isKnown ? undefined : this.#lookFor(atLeast, head, deadline);
  }

  async #lookFor(position: Position, head: Position, deadline: Deadline): Promise<void> {
    const { readModelUpdates, store } = this.#options;
    const askedAt = performance.now();
    if (!(await store.knows(position, deadline))) throw new Fault('position-unknown', { position, head });
    if (readModelUpdates === 'followed') this.#known.set(position, askedAt);
  }

  /** While a machine is suspended, the monotonic clock stands still, and with it the age of a proof. */
  #discardAfterSuspension(): void {
    const before = this.#lead;
    this.#lead = Date.now() - performance.now();
    if (this.#lead - before > SUSPENDED_MS) this.discardProofs();
  }

  #applyProof(proof: HeadProof): Standing {
    const standing = standingBy(proof);
    if (standing === 'at-head') this.#options.runner.isAtHead(proof);
    // The runner finds that out, too, and rebuilds the rows.
    if (standing === 'lost') this.#options.runner.wake();
    return standing;
  }

  /** Renews the proof before a read has to wait for it. */
  #renewProof(checkpoint: Position, notBefore: number): void {
    // A failure is ignored: the next read that needs a proof asks again and reports it.
    this.#questions.ask(checkpoint, notBefore).then(
      (proof) => void this.#applyProof(proof),
      () => undefined,
    );
  }

  async #waitUntil(required: Position, reached: Position | undefined, deadline: ReadDeadline): Promise<void> {
    const { runner, store, waiters } = this.#options;
    runner.refuseWhenStopped(reached);
    runner.wake();
    const outcome = await waiters.until(required, deadline.leftToWaitMs, deadline.given);
    if (outcome === 'given-up') throw deadline.fault();
    if (outcome === 'reached') return;
    // A restored backup may lack what was acknowledged, though it has all that the rows were made from.
    await forgetLost(store, deadline).catch(() => undefined);
    throw await runner.lateFault(deadline, { required });
  }
}

/** At the head of a log in the same place, rows can't get further: the position was lost, as by a restored backup. */
function isBehind({ checkpoint = START, head }: RowsAt<unknown>, required: Position): boolean {
  return checkpoint < required && checkpoint !== head;
}

/** Checked before any wait. @throws PositionUnknown when another event is at the rows' position. */
function demandSameHistory(position: Position, checkpoint: Position): void {
  if (ordinalOf(position) !== ordinalOf(checkpoint) || position === checkpoint) return;
  throw new Fault('position-unknown', { position, head: checkpoint });
}
