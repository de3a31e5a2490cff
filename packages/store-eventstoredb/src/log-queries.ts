import { type Position, START } from '@login-policy/event-sourcing';
import { ordinalOf } from '@login-policy/event-sourcing/store';
import { isInternalError, unavailable } from './faults.js';
import type { LogRecord } from './record.js';
import { allReadRequest, type AllRead } from './requests.js';
import { recordsOf, serverRead, type ReadingContext, type ServerRead } from './server-reads.js';
import type { ServerFilter, Wanted } from './stream-names.js';

type Records = AsyncGenerator<readonly LogRecord[], void, undefined>;

/** Which last records to look for. */
interface WantedLast {
  /** The filter of the server, which also lets through one stream besides. */
  readonly filterOf: (besides: string) => ServerFilter;
  readonly isWanted: Wanted;
  /** Whether these suffice, the newest first. */
  readonly isEnough: (newestFirst: readonly LogRecord[]) => boolean;
}

const FORWARDS = { direction: 'forwards' } as const;
const BACKWARDS = { direction: 'backwards', from: 'end' } as const;

/** Single queries of the whole log, one server call each. */
export class LogQueries {
  readonly #context: ReadingContext;

  constructor(context: ReadingContext) {
    this.#context = context;
  }

  /** The first record at or after a position, of any store. */
  async at(position: Position, signal: AbortSignal): Promise<LogRecord | undefined> {
    return this.#first({ ...FORWARDS, from: position, filter: undefined, limit: 1 }, signal);
  }

  /** The last record of the whole log, of any store. */
  async last(signal: AbortSignal): Promise<LogRecord> {
    return (await this.#first({ ...BACKWARDS, filter: undefined, limit: 1 }, signal)) ?? endedEarly();
  }

  /**
   * The events of this store from a position up to a record, at most `limit`. There may be fewer, because the server's
   * filter is not exact.
   */
  async ownUpTo(
    until: LogRecord,
    { from, limit }: { readonly from: Position; readonly limit: number },
    signal: AbortSignal,
  ): Promise<readonly LogRecord[]> {
    const { names, timeouts } = this.#context;
    const read = { ...FORWARDS, from, filter: names.serverFilter(undefined, until.streamName), limit: Infinity };
    const options = { pageSize: limit, signal, withinMs: timeouts.scanMs };
    const isWanted = names.wanted(undefined);
    const found: LogRecord[] = [];
    for await (const records of this.upTo(until.position, read, options)) {
      found.push(...records.filter(isWanted));
      if (found.length >= limit) break;
    }
    return found.slice(0, limit);
  }

  /** The last events of this store, the newest first: enough, or all. */
  async lastOwn(isEnough: WantedLast['isEnough'], signal: AbortSignal): Promise<readonly LogRecord[]> {
    const { names } = this.#context;
    const filterOf = (besides: string): ServerFilter => names.serverFilter(undefined, besides);
    return this.lastOf({ filterOf, isWanted: names.wanted(undefined), isEnough }, signal);
  }

  /**
   * The last wanted records, the newest first: enough, or all. One is nearly always enough, and the server then reads no
   * further. The filter lets through the first record of the log: without it, the server has ended the read too early.
   */
  async lastOf({ filterOf, isWanted, isEnough }: WantedLast, signal: AbortSignal): Promise<readonly LogRecord[]> {
    const first = (await this.at(START, signal)) ?? endedEarly();
    const filter = filterOf(first.streamName);
    for (let limit = 1; ; limit *= 10) {
      const last: LogRecord[] = [];
      const options = { pageSize: limit, withinMs: this.#context.timeouts.scanMs, signal };
      for await (const records of this.records({ ...BACKWARDS, filter, limit }, options)) last.push(...records);
      const found = last.filter(isWanted);
      const isAtStart = last.some(({ position }) => position <= first.position);
      if (isEnough(found) || isAtStart || signal.aborted) return found;
      if (last.length < limit) endedEarly();
    }
  }

  /**
   * The record at a position; `undefined` when the log has none there, or no such position. The server reports that like
   * any internal error; if another read succeeds, the position was the cause.
   */
  async recordAt(position: Position, signal: AbortSignal): Promise<LogRecord | undefined> {
    try {
      const first = await this.at(position, signal);
      if (first !== undefined) return ordinalOf(first.position) === ordinalOf(position) ? first : undefined;
      // Nothing is there, or the server has ended the read too early.
      const last = await this.last(signal);
      return position > last.position ? undefined : endedEarly();
    } catch (error) {
      if (!isInternalError(error)) throw error;
      // Throws if the position was not the cause.
      await this.last(signal);
      return undefined;
    }
  }

  async #first(read: AllRead, signal: AbortSignal): Promise<LogRecord | undefined> {
    const options = { pageSize: 1, withinMs: this.#context.timeouts.readMs, signal };
    for await (const [first] of this.records(read, options)) return first;
    return undefined;
  }

  /**
   * The records that a read of the whole log returns, up to its end. A server that is being stopped may end a read early
   * as if all were well. So the filter must let through the record at `until`, and without that one the read is broken.
   *
   * @throws StoreUnavailable
   */
  async *upTo(until: Position, read: AllRead, options: Omit<ServerRead, 'request'>): Records {
    const { direction, from } = read;
    let isReached = direction === 'forwards' && from !== 'end' && from >= until;
    for await (const records of this.records(read, options)) {
      const position = records.at(-1)?.position;
      isReached ||= position !== undefined && (direction === 'forwards' ? position >= until : position <= until);
      yield records;
    }
    if (!isReached && !options.signal.aborted) endedEarly();
  }

  /** The records that a read of the whole log returns. It may end too early. */
  async *records(read: AllRead, options: Omit<ServerRead, 'request'>): Records {
    const { connection } = this.#context;
    const messagesOf = serverRead(connection, { ...options, request: allReadRequest(read) });
    for await (const messages of messagesOf) yield recordsOf(messages);
  }
}

function endedEarly(): never {
  throw unavailable('the server ended a read of the log too early');
}
