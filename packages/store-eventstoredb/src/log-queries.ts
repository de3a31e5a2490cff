import type { Position } from '@login-policy/event-sourcing';
import { ordinalOf } from '@login-policy/event-sourcing/store';
import { isInternalError } from './faults.js';
import type { LogRecord } from './log-record.js';
import { allReadRequest, type AllRead } from './requests.js';
import { splitPosition } from './record-codec.js';
import { logRecordsOf, serverRead, type ReadingContext, type ServerRead } from './server-reads.js';

type Records = AsyncGenerator<readonly LogRecord[], void, undefined>;

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
    const withinMs = this.#context.timeouts.readMs;
    return this.#first({ ...FORWARDS, from: position, filter: undefined, limit: 1 }, { signal, withinMs });
  }

  /** The last record of the whole log, of any store. */
  async last(signal: AbortSignal): Promise<LogRecord | undefined> {
    const withinMs = this.#context.timeouts.stallMs;
    return this.#first({ ...BACKWARDS, filter: undefined, limit: 1 }, { signal, withinMs });
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
    return this.#own(BACKWARDS, limit, signal);
  }

  /**
   * The record at a position. `scavenged`: it existed, but the server has deleted it. `nowhere`: the log has no such
   * position. The server reports that like any internal error; if another read succeeds, the position was the cause.
   */
  async recordAt(position: Position, signal: AbortSignal): Promise<LogRecord | 'scavenged' | 'nowhere'> {
    try {
      // If the log has grown past the position between the two queries, the position is read again.
      for (let isRepeated = false; ; isRepeated = true) {
        const first = await this.at(position, signal);
        if (first !== undefined && ordinalOf(first.position) === ordinalOf(position)) return first;
        if (first !== undefined && first.position > position)
          return isInChunkOf(await this.last(signal), position) ? 'nowhere' : 'scavenged';
        if (isRepeated || !(await this.#isBeforeEnd(position, signal))) return 'nowhere';
      }
    } catch (error) {
      if (!isInternalError(error)) throw error;
      // Throws if the position was not the cause.
      await this.last(signal);
      return 'nowhere';
    }
  }

  async #isBeforeEnd(position: Position, signal: AbortSignal): Promise<boolean> {
    const last = await this.last(signal);
    return last !== undefined && position <= last.position;
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

  async #first(read: AllRead, options: Omit<ServerRead, 'request' | 'pageSize'>): Promise<LogRecord | undefined> {
    for await (const [first] of this.records(read, { ...options, pageSize: 1 })) return first;
    return undefined;
  }

  /** The records that a read of the whole log returns. */
  async *records(read: AllRead, options: Omit<ServerRead, 'request'>): Records {
    const messagesOf = serverRead(this.#context.connection, { ...options, request: allReadRequest(read) });
    for await (const messages of messagesOf) yield logRecordsOf(messages);
  }
}

/**
 * The server's chunk size in bytes. The server scavenges only complete chunks, so every record of the current chunk
 * still exists. A position in it without an event is that of a record which reads don't return: the server writes one
 * when it starts, also where a restored backup lacks an event.
 */
const CHUNK_BYTES = 256n * 1024n * 1024n;

/** Whether a position is in the chunk of this record. */
function isInChunkOf(record: LogRecord | undefined, position: Position): boolean {
  return record !== undefined && chunkOf(record.position) === chunkOf(position);
}

function chunkOf(position: Position): bigint {
  return splitPosition(position).commit / CHUNK_BYTES;
}
