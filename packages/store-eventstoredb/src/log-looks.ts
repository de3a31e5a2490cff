import { START, type Position } from '@login-policy/event-sourcing';
import { ordinalOf } from '@login-policy/event-sourcing/store';
import { isFailureInside } from './faults.js';
import type { LogRecord } from './log-record.js';
import { allReadRequest, type AllRead } from './requests.js';
import { logRecordsOf, serverRead, type ReadingContext, type ServerRead } from './server-reads.js';

type Records = AsyncGenerator<readonly LogRecord[], void, undefined>;

const FORWARDS = { direction: 'forwards' } as const;
const FROM_THE_END = { direction: 'backwards', from: 'end' } as const;

/** Single questions about the whole log, each of them one call to the server. */
export class LogLooks {
  readonly #context: ReadingContext;

  constructor(context: ReadingContext) {
    this.#context = context;
  }

  /** The first record at or after a place, whosever it is. */
  async at(place: Position, signal: AbortSignal): Promise<LogRecord | undefined> {
    const withinMs = this.#context.timeouts.readMs;
    return this.#first({ ...FORWARDS, from: place, filter: undefined, limit: 1 }, { signal, withinMs });
  }

  /** The last record of the whole log, whosever it is. */
  async last(signal: AbortSignal): Promise<LogRecord | undefined> {
    const withinMs = this.#context.timeouts.stallMs;
    return this.#first({ ...FROM_THE_END, filter: undefined, limit: 1 }, { signal, withinMs });
  }

  /** The first events of this store at or after a place, at most so many, a few less where the server's filter let others through. */
  async own(from: Position, limit: number, signal: AbortSignal): Promise<readonly LogRecord[]> {
    return this.#own({ ...FORWARDS, from }, limit, signal);
  }

  /** The last events of this store, the last one first. */
  async lastOwn(limit: number, signal: AbortSignal): Promise<readonly LogRecord[]> {
    return this.#own(FROM_THE_END, limit, signal);
  }

  /**
   * The record at a place. A server says of a place that does not exist what it says of anything that goes wrong inside it: if
   * it can be read all the same, it was the place.
   */
  async recordAt(place: Position, signal: AbortSignal): Promise<LogRecord | 'scavenged' | 'nowhere'> {
    try {
      // A place beyond the end may be before it by the time that is asked for: then it is looked at again.
      for (let isBefore = false; ; isBefore = true) {
        const first = await this.at(place, signal);
        if (first !== undefined && ordinalOf(first.position) === ordinalOf(place)) return first;
        if (first !== undefined && first.position > place) return 'scavenged';
        if (isBefore || !(await this.#isBeforeEnd(place, signal))) return 'nowhere';
      }
    } catch (error) {
      if (!isFailureInside(error)) throw error;
      await this.last(signal);
      return 'nowhere';
    }
  }

  async #isBeforeEnd(place: Position, signal: AbortSignal): Promise<boolean> {
    const last = await this.last(signal);
    return last !== undefined && place <= last.position;
  }

  async #own(
    read: Pick<AllRead, 'direction' | 'from'>,
    limit: number,
    signal: AbortSignal,
  ): Promise<readonly LogRecord[]> {
    const { names, timeouts } = this.#context;
    const isWanted = names.wanted(undefined);
    const filtered = { ...read, filter: names.serverFilter(undefined), limit: Infinity };
    const found: LogRecord[] = [];
    for await (const records of this.records(filtered, { pageSize: limit, signal, withinMs: timeouts.scanMs })) {
      found.push(...records.filter(isWanted));
      if (found.length >= limit) break;
    }
    return found.slice(0, limit);
  }

  async #first(read: AllRead, how: Omit<ServerRead, 'request' | 'pageSize'>): Promise<LogRecord | undefined> {
    for await (const [first] of this.records(read, { ...how, pageSize: 1 })) return first;
    return undefined;
  }

  /** What a read of the whole log comes upon. */
  async *records(read: AllRead, how: Omit<ServerRead, 'request'>): Records {
    const messagesOf = serverRead(this.#context.connection, { ...how, request: allReadRequest(read) });
    for await (const messages of messagesOf) yield logRecordsOf(messages);
  }
}

/** Where a record stands; `START` for none. */
export function positionOf(record: LogRecord | undefined): Position {
  return record?.position ?? START;
}
