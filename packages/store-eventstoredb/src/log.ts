import { type Position, type RecordedEvent, START } from '@login-policy/event-sourcing';
import type { HeadProof, WaitOptions } from '@login-policy/event-sourcing/store';
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

/** A record of the log, and its stream: a filter that lets the stream through returns the record. */
export type Place = Pick<LogRecord, 'position' | 'streamName'>;

/** The last known end of the log. */
interface KnownEnd {
  /** The end of the last whole append of this store; `undefined` when it has none. */
  readonly last: Place | undefined;
  /**
   * A record of any store, at or after `last`, and before an incomplete append. The next query ends there, or begins
   * there.
   */
  readonly mark: Place;
}

/** The end of the last whole append, and whether an incomplete one follows. */
interface LastAppend {
  readonly last: Place | undefined;
  readonly isFollowed: boolean;
}

/** Where the log ends, and whether an event is in it. */
export interface LogLook extends Pick<KnownEnd, 'last'>, Pick<HeadProof, 'head' | 'isInLog'> {
  /** As that of {@link KnownEnd}; `undefined` when there is none. */
  readonly mark: Place | undefined;
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

  /** The end of the last known whole append of this store. It may be of a history that was lost. */
  get last(): Place | undefined {
    return this.#known?.last;
  }

  /** Notes the end of a whole append of this store, so that the next query begins there. */
  note(event: Pick<RecordedEvent, 'position' | 'streamId'> | undefined): void {
    if (event === undefined || (this.#known !== undefined && event.position <= this.#known.mark.position)) return;
    const last = this.#placeOf(event);
    this.#known = { last, mark: last };
  }

  /**
   * The end of the log, and whether an event is in it, as the leader knows it. Two round trips, if nothing was written
   * since the last query; three, if little was.
   *
   * @throws StoreUnavailable while it can't be shown that the node leads.
   */
  async proveHead(checkpoint: Position, signal: AbortSignal): Promise<HeadProof & LogLook> {
    return this.proveHeadAfter(await this.#context.barrier.pass(signal), checkpoint, signal);
  }

  /** {@link proveHead} with a barrier that was passed already. */
  async proveHeadAfter(shown: Shown, checkpoint: Position, signal: AbortSignal): Promise<HeadProof & LogLook> {
    const found = await this.look(checkpoint, signal);
    // A read of a position that does not exist makes the client reconnect. The answers are then of two connections.
    if (!found.isInLog && !shown.isSameConnection()) return this.#proveInTwoSteps(checkpoint, signal);
    if (!shown.isSameConnection()) throw connectionBroke('reading the end of the log');
    return { askedAt: shown.askedAt, checkpoint, ...found };
  }

  /** The end of the log, and whether an event is in it, as the connected node sees it: it proves nothing. */
  async look(checkpoint: Position, signal: AbortSignal): Promise<LogLook> {
    // The query of the head also shows whether the mark is in the log, and then the event before it is, too.
    const isKnown = checkpoint === this.#known?.mark.position || checkpoint === this.#known?.last?.position;
    const [{ isMarkInLog, last, mark }, isElsewhereInLog] = await Promise.all([
      this.#readEnd(signal),
      isKnown ? undefined : this.isInLog(checkpoint, signal),
    ]);
    const isInLog = isElsewhereInLog ?? (isMarkInLog || (await this.isInLog(checkpoint, signal)));
    return { head: last?.position ?? START, isInLog, last, mark };
  }

  /** Reads the head first, and then the position, which probably does not exist. */
  async #proveInTwoSteps(checkpoint: Position, signal: AbortSignal): Promise<HeadProof & LogLook> {
    const proof = await this.proveHead(START, signal);
    return { ...proof, checkpoint, isInLog: await this.isInLog(checkpoint, signal) };
  }

  /** Whether the log has this record. A place that was scavenged has none, whichever record was there. */
  async isInLog(position: Position, signal: AbortSignal): Promise<boolean> {
    return position === START || (await this.#queries.recordAt(position, signal))?.position === position;
  }

  async #readEnd(signal: AbortSignal): Promise<Omit<LogLook, 'head' | 'isInLog'> & { readonly isMarkInLog: boolean }> {
    const known = this.#known;
    const end = await this.#queries.last(signal);
    if (known !== undefined && end.position === known.mark.position) return { ...known, isMarkInLog: true };
    const since = known && (await this.#readSince(known, end, signal));
    const { last, isFollowed } = since ?? (await this.#readLastAppend(signal));
    // The last record was read first, so this store has no event between its last event and that record. Before an
    // incomplete append, only what is known counts.
    const before = isFollowed ? since && known?.mark : end;
    const mark = later(last, before);
    if (this.#known === known && !signal.aborted) this.#known = mark && { last, mark };
    return { last, mark, isMarkInLog: since !== undefined };
  }

  /**
   * The end of the last whole append, read from the mark up to the last record; `undefined` if the log was replaced or
   * many events were added.
   */
  async #readSince(known: KnownEnd, end: LogRecord, signal: AbortSignal): Promise<LastAppend | undefined> {
    const { position: from } = known.mark;
    const isOwn = from === known.last?.position;
    const [recordAtMark, added] = await Promise.all([
      isOwn ? undefined : this.#queries.at(from, signal),
      this.#queries.ownUpTo(end, { from, limit: ONE_QUERY_EVENTS }, signal),
    ]).catch((error: unknown) => {
      if (isInternalError(error)) return [undefined, undefined];
      throw error;
    });
    const atMark = isOwn ? added?.[0] : recordAtMark;
    if (added === undefined || atMark?.position !== from || added.length >= ONE_QUERY_EVENTS) return undefined;
    const maker = new PageMaker(this.#context, undefined, from);
    maker.add(added);
    maker.cutOffOverdue();
    return { last: this.#placeOf(maker.lastReady) ?? known.last, isFollowed: maker.hasIncomplete };
  }

  /** Reads more events only while all so far are of one append, because its own count may be any number. */
  async #readLastAppend(signal: AbortSignal): Promise<LastAppend> {
    const pagesOf = (newestFirst: readonly LogRecord[]): PageMaker => {
      const maker = new PageMaker(this.#context, undefined, START);
      maker.add(newestFirst.toReversed());
      return maker;
    };
    const maker = pagesOf(await this.#queries.lastOwn((found) => pagesOf(found).readyCount > 0, signal));
    maker.cutOffOverdue();
    return { last: this.#placeOf(maker.lastReady), isFollowed: maker.hasIncomplete };
  }

  #placeOf(event: Pick<RecordedEvent, 'position' | 'streamId'>): Place;
  #placeOf(event: Pick<RecordedEvent, 'position' | 'streamId'> | undefined): Place | undefined;
  #placeOf(event: Pick<RecordedEvent, 'position' | 'streamId'> | undefined): Place | undefined {
    return event && { position: event.position, streamName: this.#context.names.nameOf(event.streamId) };
  }

  /** The record at a position; `undefined` when there is none. */
  at(position: Position, signal: AbortSignal): Promise<LogRecord | undefined> {
    return this.#queries.recordAt(position, signal);
  }

  /** The first event of this store. */
  async first(signal: AbortSignal): Promise<LogRecord | undefined> {
    const [last] = await this.#queries.lastOwn(({ length }) => length > 0, signal);
    return last && (await this.#queries.ownUpTo(last, { from: START, limit: 1 }, signal))[0];
  }
}

function later(one: Place | undefined, other: Place | undefined): Place | undefined {
  return one === undefined || (other !== undefined && other.position > one.position) ? other : one;
}
