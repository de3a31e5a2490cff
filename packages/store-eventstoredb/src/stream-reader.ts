import type { StreamId } from '@login-policy/event-sourcing';
import type { ReadStreamOptions } from '@login-policy/event-sourcing/store';
import { Fault } from '@login-policy/event-sourcing/values';
import { Cancellation } from './cancellation.js';
import { deletedOutside, isDamage } from './faults.js';
import type { Head } from './known-streams.js';
import { Retries } from './retries.js';
import { streamReadRequest, type StreamRead } from './requests.js';
import { jsonIn, storedEventOf, type StoredEvent, type WireEvent } from './record-codec.js';
import { lastRecord, leaderRead, recordsOf, type ReadingContext } from './server-reads.js';
import { StreamCursor } from './stream-cursor.js';

/** The most events in a page, where the caller does not say. */
export const PAGE_SIZE = 500;

/** A page of stored events. */
export type Page = readonly StoredEvent[];

/** A read of one stream, which may take several server calls. */
interface StreamReadState {
  readonly streamId: StreamId;
  readonly cursor: StreamCursor;
  readonly direction: StreamRead['direction'];
  readonly pageSize: number;
  readonly cancellation: Cancellation;
  readonly retries: Retries;
  remaining: number;
}

/** Reads single streams, as the leader knows them. After a broken connection it continues where it was. */
export class StreamReader {
  readonly #context: ReadingContext;

  constructor(context: ReadingContext) {
    this.#context = context;
  }

  /**
   * The pages of one stream. Their events update {@link KnownStreams}.
   *
   * @throws StoreDamaged when the stream was deleted or its beginning was truncated.
   * @throws UnreadableEvent when this library did not write an event.
   */
  async *pages(streamId: StreamId, options: ReadStreamOptions = {}): AsyncGenerator<Page, void, undefined> {
    const { direction = 'forwards', from, pageSize = PAGE_SIZE, limit: remaining = Infinity } = options;
    const cursor = new StreamCursor(streamId, { direction, from });
    const cancellation = new Cancellation(this.#context.closing, { signal: options.signal });
    const retries = new Retries(`reading ${streamId}`, this.#context.timeouts.retryMs, cancellation.signal);
    const reading: StreamReadState = { streamId, cursor, direction, pageSize, remaining, cancellation, retries };
    try {
      while (!cancellation.isCancelled() && reading.remaining > 0 && !cursor.isAtBeginning) {
        try {
          yield* this.#once(reading);
          if (!cancellation.isCancelled()) return;
        } catch (error) {
          // The cached head of a damaged stream is no longer valid.
          if (isDamage(error)) this.#context.known.of(streamId).head = undefined;
          if (cursor.isReplaced) throw error;
          await retries.waitAfter(error);
        }
      }
      throwIfAborted(streamId, options.signal);
    } finally {
      cancellation.dispose();
    }
  }

  /**
   * The last event of a stream, read now.
   *
   * @throws StoreDamaged when the stream was deleted.
   * @throws DeadlineExceeded when `signal` fired first.
   */
  async head(streamId: StreamId, signal?: AbortSignal): Promise<Head> {
    for await (const [last] of this.pages(streamId, { direction: 'backwards', limit: 1, signal })) {
      if (last === undefined) continue;
      const { id, revision, recordedAt } = last.event;
      return { id, revision, recordedAt };
    }
    return 'none';
  }

  async *#once(reading: StreamReadState): AsyncGenerator<Page, void, undefined> {
    const { streamId, cursor, direction, remaining, pageSize, cancellation } = reading;
    const { known, names, timeouts } = this.#context;
    const { from, repeated } = cursor.startAttempt();
    const messagesOf = leaderRead(this.#context, {
      request: streamReadRequest({ streamName: names.nameOf(streamId), direction, from, limit: remaining + repeated }),
      pageSize: Math.min(pageSize, remaining),
      withinMs: timeouts.readMs,
      signal: cancellation.signal,
    });
    let isFound = true;
    for await (const messages of messagesOf) {
      isFound = !messages.some((message) => message.hasStreamNotFound());
      if (!isFound) break;
      const received = recordsOf(messages).map((record) => storedEventOf(record, streamId));
      const page = received.filter(({ event }) => cursor.take(event));
      known.record(streamId, direction === 'forwards' ? page : page.toReversed());
      reading.remaining -= page.length;
      reading.retries.reset();
      if (page.length > 0) yield page;
    }
    // Another read, so it starts only after this one has released its slot. Otherwise, reads could wait for one
    // another.
    if (!isFound) return this.#notFound(reading);
    if (reading.remaining > 0 && !cancellation.isCancelled()) cursor.end();
  }

  async #notFound({ streamId, cursor, cancellation }: StreamReadState): Promise<void> {
    if (cursor.hasBegun || (await this.#isDeleted(streamId, cancellation))) throw deletedOutside(streamId);
    if (!cancellation.isCancelled()) this.#context.known.of(streamId).head = 'none';
  }

  /**
   * The metadata tells a soft-deleted stream from one that never existed. The server's answers to a read are the same.
   */
  async #isDeleted(streamId: StreamId, { signal }: Cancellation): Promise<boolean> {
    const metadata = await lastRecord(this.#context, `$$${this.#context.names.nameOf(streamId)}`, signal);
    return metadata !== undefined && marksDeletion(metadata);
  }
}

/** @throws DeadlineExceeded when the signal ended a read of the stream, so that its result proves nothing. */
export function throwIfAborted(streamId: StreamId, signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new Fault('deadline-exceeded', { doing: `reading ${streamId}` });
}

function marksDeletion(metadata: WireEvent): boolean {
  try {
    const parsed = jsonIn(metadata);
    return typeof parsed === 'object' && parsed !== null && '$tb' in parsed && Number(parsed.$tb) > 0;
  } catch {
    // The server also ignores metadata that it can't parse.
    return false;
  }
}
