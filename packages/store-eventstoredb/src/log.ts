import { laterPosition, type Position, START } from '@login-policy/event-sourcing';
import { type HeadProof, ordinalOf, type WaitOptions } from '@login-policy/event-sourcing/store';
import type { LogRecord } from './record.js';
import type { ReadingContext } from './server-reads.js';
import { retry } from './time.js';
import type { Shown } from './barrier.js';
import { connectionBroke, isInternalError } from './faults.js';
import { LogQueries } from './log-queries.js';
import { PageMaker } from './page-maker.js';

/** Looks up single events of the whole log. Retries for `retryMs`. */
export class LogReader {
  readonly #context: ReadingContext;
  /** Finds the end of the log. */
  readonly ends: LogEnds;

  constructor(context: ReadingContext) {
    this.#context = context;
    this.ends = new LogEnds(context);
  }

  /** See `EventStore.proveHead`. */
  proveHead(checkpoint: Position, { signal }: WaitOptions = {}): Promise<HeadProof> {
    return retry(this.#context, { doing: 'looking for the last event', signal }, (stopSignal) =>
      this.ends.proveHead(checkpoint, stopSignal),
    );
  }

  /**
   * As {@link proveHead}, but where any node has the event at the checkpoint, that suffices: a majority has it then.
   */
  async lookFor(checkpoint: Position): Promise<Pick<HeadProof, 'head' | 'isInLog'>> {
    const look = (signal: AbortSignal): ReturnType<LogEnds['look']> => this.ends.look(checkpoint, signal);
    const found = await retry(this.#context, { doing: 'looking for an event' }, look);
    return found.isInLog ? found : this.proveHead(checkpoint);
  }

  /** The first event of this store. */
  first(): Promise<LogRecord | undefined> {
    return this.#onLeader('looking for the first event', (signal) => this.ends.first(signal));
  }

  /** The record at a position; `undefined` when there is none. */
  at(position: Position): Promise<LogRecord | undefined> {
    return this.#onLeader('looking for an event', (signal) => this.ends.at(position, signal));
  }

  /** Asks the leader, because another node may lack the record. Retries for `retryMs`. */
  #onLeader<Found>(doing: string, ask: (signal: AbortSignal) => Promise<Found>): Promise<Found> {
    return retry(this.#context, { doing }, async (signal) => {
      await this.#context.barrier.pass(signal);
      return ask(signal);
    });
  }
}

/** The last known end of the log. */
interface KnownEnd {
  /** The end of the last whole append of this store; `START` when it has none. */
  readonly last: Position;
  /** The position of a record of any store, at or after `last`. The next query ends there, or begins there. */
  readonly mark: Position;
}

/** The end of the last whole append, and whether an incomplete one follows. */
interface LastAppend {
  readonly last: Position;
  readonly isFollowed: boolean;
}

/** If fewer events than this were added since the last query, one query finds the end. */
const ONE_QUERY_EVENTS = 100;

/**
 * Finds the end of the log, as the leader knows it. An incomplete append does not count until it is regarded as cut
 * off.
 */
export class LogEnds {
  readonly #context: ReadingContext;
  readonly #queries: LogQueries;
  /**
   * The result of the last query. The next query begins there, unless the log was replaced, as by a restored backup.
   */
  #known: KnownEnd | undefined;

  constructor(context: ReadingContext) {
    this.#context = context;
    this.#queries = new LogQueries(context);
  }

  /** Notes the end of a whole append of this store, so that the next query begins there. */
  note(event: Position | undefined): void {
    if (event !== undefined && (this.#known === undefined || event > this.#known.mark)) {
      this.#known = { last: event, mark: event };
    }
  }

  /**
   * The end of the log, and whether an event is in it, as the leader knows it. Two round trips, if nothing was written
   * since the last query; three, if little was.
   *
   * @throws StoreUnavailable while it can't be shown that the node leads.
   */
  async proveHead(checkpoint: Position, signal: AbortSignal): Promise<HeadProof> {
    return this.proveHeadAfter(await this.#context.barrier.pass(signal), checkpoint, signal);
  }

  /** {@link proveHead} with a barrier that was passed already. */
  async proveHeadAfter(shown: Shown, checkpoint: Position, signal: AbortSignal): Promise<HeadProof> {
    const found = await this.look(checkpoint, signal);
    // A read of a position that does not exist makes the client reconnect. The answers are then of two connections.
    if (!found.isInLog && !shown.isSameConnection()) return this.#proveInTwoSteps(checkpoint, signal);
    if (!shown.isSameConnection()) throw connectionBroke('reading the end of the log');
    return { askedAt: shown.askedAt, checkpoint, ...found };
  }

  /** The end of the log, and whether an event is in it, as the connected node sees it: it proves nothing. */
  async look(checkpoint: Position, signal: AbortSignal): Promise<Pick<HeadProof, 'head' | 'isInLog'>> {
    // The query of the head also shows whether the mark is in the log, and then the event before it is, too.
    const isKnown = checkpoint === this.#known?.mark || checkpoint === this.#known?.last;
    const [{ head, isMarkInLog }, isElsewhereInLog] = await Promise.all([
      this.#readHead(signal),
      isKnown ? undefined : this.isInLog(checkpoint, signal),
    ]);
    return { head, isInLog: isElsewhereInLog ?? (isMarkInLog || (await this.isInLog(checkpoint, signal))) };
  }

  /** Reads the head first, and then the position, which probably does not exist. */
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

  async #readHead(signal: AbortSignal): Promise<{ readonly head: Position; readonly isMarkInLog: boolean }> {
    const known = this.#known;
    const end = await this.#queries.last(signal);
    if (known !== undefined && end.position === known.mark) return { head: known.last, isMarkInLog: true };
    const since = known && (await this.#readSince(known, end, signal));
    const { last, isFollowed } = since ?? (await this.#readLastAppend(signal));
    // The last record was read first, so this store has no event between its last event and that record.
    const newEnd = { last, mark: isFollowed ? last : laterPosition(last, end.position) };
    const isNew = since === undefined || !isFollowed;
    if (isNew && this.#known === known && !signal.aborted) this.#known = newEnd;
    return { head: last, isMarkInLog: since !== undefined };
  }

  /**
   * The end of the last whole append, read from the mark up to the last record; `undefined` if the log was replaced or
   * many events were added.
   */
  async #readSince(known: KnownEnd, end: LogRecord, signal: AbortSignal): Promise<LastAppend | undefined> {
    const isOwn = known.mark === known.last;
    const [recordAtMark, added] = await Promise.all([
      isOwn ? undefined : this.#queries.at(known.mark, signal),
      this.#queries.ownUpTo(end, { from: known.mark, limit: ONE_QUERY_EVENTS }, signal),
    ]).catch((error: unknown) => {
      if (isInternalError(error)) return [undefined, undefined];
      throw error;
    });
    const atMark = isOwn ? added?.[0] : recordAtMark;
    const isSameLog = known.mark === START || atMark?.position === known.mark;
    if (added === undefined || !isSameLog || added.length >= ONE_QUERY_EVENTS) return undefined;
    const maker = new PageMaker(this.#context, undefined, known.mark);
    maker.add(added);
    maker.cutOffOverdue();
    const last = laterPosition(known.last, maker.lastAppendEnd === known.mark ? START : maker.lastAppendEnd);
    return { last, isFollowed: maker.hasIncomplete };
  }

  /** Reads more events only while all so far are of one append, because its own count may be any number. */
  async #readLastAppend(signal: AbortSignal): Promise<LastAppend> {
    for (let limit = 1; ; limit *= 10) {
      const newestFirst = await this.#queries.lastOwn(limit, signal);
      const maker = new PageMaker(this.#context, undefined, START);
      maker.add(newestFirst.toReversed());
      if (maker.hasIncomplete && maker.readyCount === 0 && newestFirst.length === limit) continue;
      maker.cutOffOverdue();
      return { last: maker.lastAppendEnd, isFollowed: maker.hasIncomplete };
    }
  }

  /** The record at a position; `undefined` when there is none. */
  async at(position: Position, signal: AbortSignal): Promise<LogRecord | undefined> {
    const found = await this.#queries.recordAt(position, signal);
    return typeof found === 'string' || ordinalOf(found.position) !== ordinalOf(position) ? undefined : found;
  }

  /** The first event of this store. */
  async first(signal: AbortSignal): Promise<LogRecord | undefined> {
    const [last] = await this.#queries.lastOwn(1, signal);
    return last && (await this.#queries.ownUpTo(last, { from: START, limit: 1 }, signal))[0];
  }
}
