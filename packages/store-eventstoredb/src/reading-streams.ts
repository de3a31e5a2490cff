import type { StreamId } from '@login-policy/event-sourcing';
import { DeadlineExceeded, limitOf, pageSizeOf, type ReadStreamOptions } from '@login-policy/event-sourcing/store';
import { Ending } from './ending.js';
import { deletedOutside, isDamage } from './faults.js';
import type { Head } from './known-streams.js';
import { Patience } from './patience.js';
import { streamReadRequest, type StreamRead } from './requests.js';
import { storedEventOf, type StoredEvent, type WireEvent } from './rows.js';
import { recordsOf, serverRead, type ReadingContext } from './server-reads.js';
import { StreamCursor } from './stream-cursor.js';

/** A page of stored events. */
export type Page = readonly StoredEvent[];

/** One read of a stream, for which the server may have to be asked more than once. */
interface Reading {
  readonly streamId: StreamId;
  readonly cursor: StreamCursor;
  readonly direction: StreamRead['direction'];
  readonly pageSize: number;
  readonly ending: Ending;
  readonly patience: Patience;
  left: number;
}

/** Reads single streams, going on after a broken connection where it was. */
export class StreamReader {
  readonly #context: ReadingContext;

  constructor(context: ReadingContext) {
    this.#context = context;
  }

  /**
   * The pages of one stream. What passes by is taken note of in {@link KnownStreams}.
   *
   * @throws StoreDamaged when the stream was deleted or its beginning cut off.
   * @throws UnreadableEvent when an event was not written by this library.
   */
  async *pages(streamId: StreamId, options: ReadStreamOptions = {}): AsyncGenerator<Page, void, undefined> {
    const { direction = 'forwards', from } = options;
    const cursor = new StreamCursor(streamId, { direction, from });
    const [pageSize, left] = [pageSizeOf(options), limitOf(options)];
    const ending = new Ending(this.#context.closing, { signals: [options.signal] });
    const patience = new Patience(`reading ${streamId}`, this.#context.timeouts.retryMs, ending.signal);
    const reading: Reading = { streamId, cursor, direction, pageSize, left, ending, patience };
    try {
      while (!ending.isHere() && reading.left > 0 && !cursor.isAtBeginning) {
        try {
          yield* this.#once(reading);
          if (!ending.isHere()) return;
        } catch (error) {
          // Nothing that was known before counts for a stream that is damaged.
          if (isDamage(error)) this.#context.known.of(streamId).head = undefined;
          await patience.after(error);
        }
      }
      refuseGivenUp(streamId, options.signal);
    } finally {
      ending.leave();
    }
  }

  /**
   * The last event of a stream, looked up now.
   *
   * @throws StoreDamaged when the stream was deleted.
   * @throws DeadlineExceeded when `signal` fired before that was known.
   */
  async head(streamId: StreamId, signal?: AbortSignal): Promise<Head> {
    for await (const [last] of this.pages(streamId, { direction: 'backwards', limit: 1, signal })) {
      if (last === undefined) continue;
      const { id, revision, recordedAt } = last.event;
      return { id, revision, recordedAt };
    }
    return 'none';
  }

  async *#once(reading: Reading): AsyncGenerator<Page, void, undefined> {
    const { streamId, cursor, direction, left, pageSize, ending } = reading;
    const { connection, known, names, timeouts } = this.#context;
    const messagesOf = serverRead(connection, {
      request: streamReadRequest({ streamName: names.nameOf(streamId), direction, from: cursor.next, limit: left }),
      pageSize: Math.min(pageSize, left),
      withinMs: timeouts.readMs,
      signal: ending.signal,
    });
    let isThere = true;
    for await (const messages of messagesOf) {
      isThere = !messages.some((message) => message.hasStreamNotFound());
      if (!isThere) break;
      const came = recordsOf(messages).map((record) => storedEventOf(record, streamId));
      const page = came.filter(({ event }) => cursor.take(event.revision));
      known.see(streamId, direction === 'forwards' ? page : page.toReversed());
      reading.left -= page.length;
      reading.patience.renew();
      if (page.length > 0) yield page;
    }
    // Once this read is over: a read never waits for another one that waits for its turn.
    if (!isThere) return this.#notFound(reading);
    if (reading.left > 0 && !ending.isHere()) cursor.end();
  }

  async #notFound({ streamId, cursor, ending }: Reading): Promise<void> {
    if (cursor.hasBegun || (await this.#isDeleted(streamId, ending))) throw deletedOutside(streamId);
    if (!ending.isHere()) this.#context.known.of(streamId).head = 'none';
  }

  /** A stream that was never there and one that was soft-deleted look the same: only the metadata tells. */
  async #isDeleted(streamId: StreamId, { signal }: Ending): Promise<boolean> {
    const { connection, names, timeouts } = this.#context;
    const streamName = `$$${names.nameOf(streamId)}`;
    const request = streamReadRequest({ streamName, direction: 'backwards', from: undefined, limit: 1 });
    const read = { request, pageSize: 1, withinMs: timeouts.readMs, signal };
    for await (const messages of serverRead(connection, read)) {
      if (recordsOf(messages).some((record) => isTruncating(record))) return true;
    }
    return false;
  }
}

/** @throws DeadlineExceeded when a read of the stream ended because its signal fired, and so says nothing. */
export function refuseGivenUp(streamId: StreamId, signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new DeadlineExceeded({ doing: `reading ${streamId}` });
}

function isTruncating(metadata: WireEvent): boolean {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(metadata.getData_asU8()).toString('utf8'));
    return typeof parsed === 'object' && parsed !== null && '$tb' in parsed && Number(parsed.$tb) > 0;
  } catch {
    // The server does not go by metadata it can't read either.
    return false;
  }
}
