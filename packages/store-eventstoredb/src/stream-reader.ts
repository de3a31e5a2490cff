import { isFault, type StreamId } from '@login-policy/event-sourcing';
import type { SharedBarrier } from './barrier.js';
import { deletedOutside, historyCutOff } from './faults.js';
import type { WaitOptions } from '@login-policy/event-sourcing/store';
import type { Head } from './known-streams.js';
import { isSoftDeleted } from './deleted-streams.js';
import type { StreamRead } from './requests.js';
import { storedEventOf, type StoredEvent } from './record-codec.js';
import { LAST_RECORD, streamRecords, type Reading, type ReadingContext } from './server-reads.js';
import { retry } from './time.js';

/** The most events in a page, where the caller does not say. */
export const PAGE_SIZE = 500;

/** A page of stored events. */
export type Page = readonly StoredEvent[];

/** The events of a stream to read. */
export type StreamRange = Omit<StreamRead, 'streamName'>;

/** How to read a stream. */
export interface StreamReading extends WaitOptions {
  /**
   * Whether an append at the end of the stream follows. Then any node may be read, because the server compares the
   * revision. Otherwise only the leader counts.
   */
  readonly beforeAppend?: boolean | undefined;
  /** A barrier that counts for this read, too. */
  readonly shared?: SharedBarrier | undefined;
}

/** Reads single streams. */
export class StreamReader {
  readonly #context: ReadingContext;

  constructor(context: ReadingContext) {
    this.#context = context;
  }

  /**
   * The events of one stream: fewer than the limit only where the stream ends. They update {@link KnownStreams}.
   *
   * @throws StoreDamaged when the stream was deleted, or an event of the range is missing.
   * @throws UnreadableEvent when this library did not write an event.
   * @throws DeadlineExceeded when the signal fires.
   */
  async read(
    streamId: StreamId,
    range: StreamRange,
    { signal, beforeAppend, shared }: StreamReading = {},
  ): Promise<Page> {
    try {
      return await retry(this.#context, { doing: `reading ${streamId}`, signal }, async (stopSignal) => {
        const shown = beforeAppend === true ? undefined : await this.#context.barrier.pass(stopSignal, shared);
        return this.#once(streamId, range, { signal: stopSignal, shown });
      });
    } catch (error) {
      // The cached head of a damaged stream is no longer valid.
      if (isFault(error, 'store-damaged')) this.#context.known.of(streamId).head = undefined;
      throw error;
    }
  }

  /** The last event of a stream, read now. Throws as {@link read} does. */
  async head(streamId: StreamId, reading?: StreamReading): Promise<Head> {
    const [last] = await this.read(streamId, LAST_RECORD, reading);
    if (last === undefined) return 'none';
    const { id, revision, recordedAt } = last.event;
    return { id, revision, recordedAt };
  }

  async #once(streamId: StreamId, range: StreamRange, reading: Reading): Promise<Page> {
    const { known, names } = this.#context;
    const streamName = names.nameOf(streamId);
    // Where only the end is asked for, both are asked side by side: an append to a new stream then waits for one answer.
    const isFirstLook = range.limit === 1 && range.direction === 'backwards' && known.of(streamId).headAt === -Infinity;
    const looking = isFirstLook ? isSoftDeleted(this.#context, streamName, reading) : undefined;
    // Heard only where there is no stream.
    looking?.catch(() => undefined);
    const records = await streamRecords(this.#context, { streamName, ...range }, reading);
    if (reading.signal.aborted) return [];
    if (records === undefined) {
      if (await (looking ?? isSoftDeleted(this.#context, streamName, reading))) throw deletedOutside(streamId);
      if (!reading.signal.aborted) known.noteMissing(streamId);
      return [];
    }
    const page = records.map((record) => storedEventOf(record, streamId));
    demandNoGap(streamId, range, page);
    known.record(streamId, range.direction === 'forwards' ? page : page.toReversed());
    return page;
  }
}

/**
 * This library never truncates a stream, so a gap in the revisions means that another program did.
 *
 * @throws StoreDamaged when an event of the range is missing.
 */
function demandNoGap(streamId: StreamId, { direction, from, limit }: StreamRange, page: Page): void {
  const isForwards = direction === 'forwards';
  // A backwards read from past the end begins at the end.
  let next: bigint | undefined = isForwards ? (from ?? 0n) : page[0]?.event.revision;
  for (const { event } of page) {
    if (event.revision !== next) throw historyCutOff(streamId, `revision ${next}`);
    next += isForwards ? 1n : -1n;
  }
  const isBeginningMissing = isForwards ? next === 0n : next !== -1n;
  if (page.length < limit && isBeginningMissing) throw historyCutOff(streamId, 'the beginning');
}
