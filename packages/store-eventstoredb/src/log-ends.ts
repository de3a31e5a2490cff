import { laterPosition, START, type Position } from '@login-policy/event-sourcing';
import { followedInAppend, ordinalOf, type HeadProof } from '@login-policy/event-sourcing/store';
import { connectionBroke, isInternalError } from './faults.js';
import type { Leadership } from './leadership.js';
import { LogQueries, positionOrStart } from './log-queries.js';
import type { LogRecord } from './log-record.js';
import { PageMaker } from './page-maker.js';
import { isFollowedBy } from './partial-appends.js';
import type { ReadingContext } from './server-reads.js';

/** The last known end of the log. */
interface Extent {
  /** The end of the last whole append of this store; `START` when it has none. */
  readonly last: Position;
  /** The position of a record at or after `last`, of any store. The next query begins there. */
  readonly mark: Position;
}

/** The end of the last whole append, and whether the first part of another one follows. */
interface Whole {
  readonly last: Position;
  readonly isFollowed: boolean;
}

/** If fewer events than this were written since the last query, one query finds the end. */
const FEW = 100;
/** Each query reads the record at the mark again, so larger records do not become the mark. */
const SMALL = 65_536;
const MARKED_ANEW_MS = 1000;

/**
 * Finds the end of the log, as the leader knows it, for heads, probes, proofs and checkpoints. An incomplete append
 * does not count until it is regarded as cut off.
 */
export class LogEnds {
  readonly #context: ReadingContext;
  readonly #queries: LogQueries;
  readonly #leadership: Leadership;
  /**
   * The result of the last query. The next query begins there if it is still valid, which it may not be after a
   * restored backup.
   */
  #known: Extent | undefined;
  #markedAt = -Infinity;

  constructor(context: ReadingContext) {
    this.#context = context;
    this.#queries = new LogQueries(context);
    this.#leadership = context.leadership;
  }

  /** Records the end of a whole append of this store. */
  note(event: Position | undefined): void {
    if (event !== undefined && (this.#known === undefined || event > this.#known.mark)) {
      this.#known = { last: event, mark: event };
    }
  }

  /**
   * The end of the log, and whether an event is in it. One round trip, if the node was the leader a moment ago and few
   * events were written since the last query.
   *
   * @throws StoreUnavailable while the node is not the leader.
   */
  async proveHead(checkpoint: Position, signal: AbortSignal): Promise<HeadProof> {
    // The answer of a node that is not the leader yet proves nothing. So both are sent together only to a node that was
    // the leader a moment ago.
    const isSame = await this.#leadership.demand(signal);
    const askedAt = performance.now();
    const [head, isInLog] = await Promise.all([
      this.#last(signal),
      this.isInLog(checkpoint, signal),
      this.#leadership.ask(signal),
    ]);
    // The client reconnects when a position that does not exist is read.
    if (!isInLog && !isSame()) return this.#proveInTwoSteps(checkpoint, signal);
    if (!isSame()) throw connectionBroke('reading the end of the log');
    // If this fails, the next query begins at the old mark, and takes longer.
    this.#markInTime(this.#context.closing).catch(() => undefined);
    return { askedAt, head, checkpoint, isInLog };
  }

  /** The head of the log, as the leader knows it, and when it was asked for. */
  head(signal: AbortSignal): Promise<Pick<HeadProof, 'askedAt' | 'head'>> {
    return this.proveHead(START, signal);
  }

  /** Looks for the head first, and only then for a position that does not seem to exist. */
  async #proveInTwoSteps(checkpoint: Position, signal: AbortSignal): Promise<HeadProof> {
    const proof = await this.proveHead(START, signal);
    return { ...proof, checkpoint, isInLog: await this.isInLog(checkpoint, signal) };
  }

  /** Whether the log has a record at this position. A scavenged record counts as present. */
  async isInLog(position: Position, signal: AbortSignal): Promise<boolean> {
    if (position === START) return true;
    const found = await this.#queries.recordAt(position, signal);
    return found === 'scavenged' || (found !== 'nowhere' && found.position === position);
  }

  /** The position of a recent record. Every record that existed at the call is at or before the end of the log. */
  async #mark(signal: AbortSignal): Promise<Position> {
    const last = await this.#queries.last(signal);
    return last !== undefined && last.size <= SMALL ? last.position : START;
  }

  /** Moves the mark towards the end of the log when other stores write, at most once per interval. */
  async #markInTime(signal: AbortSignal): Promise<void> {
    if (performance.now() - this.#markedAt < MARKED_ANEW_MS) return;
    this.#markedAt = performance.now();
    const known = this.#known;
    if (known === undefined) return;
    const mark = await this.#mark(signal);
    const came = mark > known.mark ? await this.#since(known, signal) : undefined;
    // Skipped when an event was recorded meanwhile, or an append is incomplete.
    if (came?.last === known.last && !came.isFollowed && this.#known === known) this.#known = { ...known, mark };
  }

  async #last(signal: AbortSignal): Promise<Position> {
    const known = this.#known;
    const since = known === undefined ? undefined : await this.#since(known, signal);
    if (since !== undefined) return since.last;
    const mark = await this.#mark(signal);
    const { last: found, isFollowed } = await this.#lastWhole(signal);
    // The mark was read first, so this store has no event between the two.
    const marked = { last: found, mark: isFollowed ? found : laterPosition(found, mark) };
    if (this.#known === known && !signal.aborted) this.#known = marked;
    return found;
  }

  /** The end of the last whole append, if the log is still the same and few events were added. */
  async #since(known: Extent, signal: AbortSignal): Promise<Whole | undefined> {
    const isOwn = known.mark === known.last;
    const [same, came] = await Promise.all([
      isOwn ? undefined : this.#queries.at(known.mark, signal),
      this.#queries.own(known.mark, FEW, signal),
    ]).catch((error: unknown) => {
      if (isInternalError(error)) return [undefined, undefined];
      throw error;
    });
    const atMark = isOwn ? came?.[0] : same;
    const isSame = known.mark === START || atMark?.position === known.mark;
    if (came === undefined || !isSame || came.length >= FEW) return undefined;
    const maker = this.#made(came, known.mark);
    const last = laterPosition(known.last, maker.lastAppendEnd === known.mark ? START : maker.lastAppendEnd);
    if (!maker.hasIncomplete) this.note(last > known.mark ? last : undefined);
    return { last, isFollowed: maker.hasIncomplete };
  }

  #made(records: readonly LogRecord[], after: Position): PageMaker {
    const maker = new PageMaker(this.#context, undefined, after);
    maker.add(records);
    maker.cutOffOverdue();
    return maker;
  }

  async #lastWhole(signal: AbortSignal): Promise<Whole> {
    const [last] = await this.#queries.lastOwn(1, signal);
    if (last === undefined) return { last: START, isFollowed: false };
    if (followedInAppend(this.#stored(last)) === 0) return { last: last.position, isFollowed: false };
    const { first, before } = await this.#incomplete(signal);
    const isCutOff = first === undefined || this.#context.partialAppends.isCutOff(first.position);
    return isCutOff ? { last: last.position, isFollowed: false } : { last: positionOrStart(before), isFollowed: true };
  }

  /**
   * The first event of the incomplete append at the end of the log, and the one before it. More is read only while all
   * that was read is of that append, because the number of its events may be anything another program wrote.
   */
  async #incomplete(signal: AbortSignal): Promise<Partial<Record<'before' | 'first', LogRecord>>> {
    for (let limit = FEW; ; limit *= 4) {
      const run = await this.#queries.lastOwn(limit, signal);
      let begin = 0;
      while (this.#isFollowed(run[begin + 1], run[begin])) begin += 1;
      const [first, before] = [run[begin], run[begin + 1]];
      if (before !== undefined || run.length < limit) return { ...(first && { first }), ...(before && { before }) };
    }
  }

  #isFollowed(record: LogRecord | undefined, next: LogRecord | undefined): boolean {
    return record !== undefined && next !== undefined && isFollowedBy(this.#stored(record), this.#stored(next));
  }

  #stored(record: LogRecord): ReturnType<LogRecord['stored']>['event'] {
    return record.stored(this.#context.names.idOf(record.streamName)).event;
  }

  /** The record at a position; `undefined` when there is none. */
  async at(place: Position, signal: AbortSignal): Promise<LogRecord | undefined> {
    const found = await this.#queries.recordAt(place, signal);
    return typeof found === 'string' || ordinalOf(found.position) !== ordinalOf(place) ? undefined : found;
  }

  /** The first event of this store. */
  async first(signal: AbortSignal): Promise<LogRecord | undefined> {
    return (await this.#queries.own(START, 1, signal))[0];
  }
}
