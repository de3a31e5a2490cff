import { START, type Position } from '@login-policy/event-sourcing';
import { ordinalOf } from '@login-policy/event-sourcing/store';
import { isFailureInside } from './faults.js';
import type { LogRecord } from './log-record.js';
import { allReadRequest, type AllRead } from './requests.js';
import { splitPosition } from './rows.js';
import { logRecordsOf, serverRead, type ReadingContext, type ServerRead } from './server-reads.js';

type Records = AsyncGenerator<readonly LogRecord[], void, undefined>;

const FORWARDS = { direction: 'forwards' } as const;
const FROM_THE_END = { direction: 'backwards', from: 'end' } as const;

/** Single queries of the whole log, one server call each. */
export class LogQueries {
  readonly #context: ReadingContext;

  constructor(context: ReadingContext) {
    this.#context = context;
  }

  /** The first record at or after a position, of any store. */
  async at(place: Position, signal: AbortSignal): Promise<LogRecord | undefined> {
    const withinMs = this.#context.timeouts.readMs;
    return this.#first({ ...FORWARDS, from: place, filter: undefined, limit: 1 }, { signal, withinMs });
  }

  /** The last record of the whole log, of any store. */
  async last(signal: AbortSignal): Promise<LogRecord | undefined> {
    const withinMs = this.#context.timeouts.stallMs;
    return this.#first({ ...FROM_THE_END, filter: undefined, limit: 1 }, { signal, withinMs });
  }

  /**
   * The first events of this store at or after a position, at most `limit`. There may be fewer, because the server's
   * filter is not exact.
   */
  async own(from: Position, limit: number, signal: AbortSignal): Promise<readonly LogRecord[]> {
    return this.#own({ ...FORWARDS, from }, limit, signal);
  }

  /** The last events of this store, the newest first. */
  async lastOwn(limit: number, signal: AbortSignal): Promise<readonly LogRecord[]> {
    return this.#own(FROM_THE_END, limit, signal);
  }

  /**
   * The record at a position. The server reports a position that does not exist like any internal error. If another
   * read succeeds, the position was the cause.
   */
  async recordAt(place: Position, signal: AbortSignal): Promise<LogRecord | 'scavenged' | 'nowhere'> {
    try {
      // The log may have grown past the position between the two queries, so the position is then read again.
      for (let isBefore = false; ; isBefore = true) {
        const first = await this.at(place, signal);
        if (first !== undefined && ordinalOf(first.position) === ordinalOf(place)) return first;
        if (first !== undefined && first.position > place)
          return isInChunkOf(await this.last(signal), place) ? 'nowhere' : 'scavenged';
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

  /** The records found by a read of the whole log. */
  async *records(read: AllRead, how: Omit<ServerRead, 'request'>): Records {
    const messagesOf = serverRead(this.#context.connection, { ...how, request: allReadRequest(read) });
    for await (const messages of messagesOf) yield logRecordsOf(messages);
  }
}

/**
 * The server's chunk size in bytes. It scavenges only complete chunks. So in the chunk being written nothing was
 * scavenged, and a place without a record is that of a record which reads don't return: the server writes one when it
 * starts, also at the place of an event that a restored backup lacks.
 */
const CHUNK_BYTES = 256n * 1024n * 1024n;

/** Whether a place is in the chunk of this record. */
function isInChunkOf(record: LogRecord | undefined, place: Position): boolean {
  return record !== undefined && chunkOf(record.position) === chunkOf(place);
}

function chunkOf(position: Position): bigint {
  return splitPosition(position).commit / CHUNK_BYTES;
}

/** The position of a record; `START` for none. */
export function positionOf(record: LogRecord | undefined): Position {
  return record?.position ?? START;
}
