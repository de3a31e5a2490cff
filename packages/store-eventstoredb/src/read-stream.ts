import { isFault, type RecordedEvent, revision, type Revision, type StreamId } from '@login-policy/event-sourcing';
import {
  followedInAppend,
  type LogBackend,
  type StreamEnd,
  type StreamPage,
  type StreamPart,
  type WaitOptions,
} from '@login-policy/event-sourcing/store';
import type { SharedBarrier } from './barrier.js';
import { deletedOutside, historyCutOff, historyReplaced } from './faults.js';
import type { Head } from './known.js';
import type { StreamRead } from './requests.js';
import { jsonIn, storedEventOf, type LogRecord, type StoredEvent } from './record.js';
import { LAST_RECORD, lastRecord, streamRecords, type Reading, type ReadingContext } from './server-reads.js';
import { backOff, retry } from './time.js';

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
    { signal, beforeAppend = false, shared }: StreamReading = {},
  ): Promise<Page> {
    try {
      return await retry(this.#context, { doing: `reading ${streamId}`, signal }, async (stopSignal) => {
        const shown = beforeAppend ? undefined : await this.#context.barrier.pass(stopSignal, shared);
        return this.#once(streamId, range, { signal: stopSignal, shown });
      });
    } catch (error) {
      if (!isFault(error, 'store-damaged')) throw error;
      // The cached head of a damaged stream is no longer valid.
      this.#context.known.of(streamId).head = undefined;
      // Damage is a refusal, too: only the leader may say it.
      if (beforeAppend) return this.read(streamId, range, { signal, shared });
      throw error;
    }
  }

  /** The last event of a stream, read now. Throws as {@link read} does. */
  async head(streamId: StreamId, reading?: StreamReading): Promise<Head> {
    const [last] = await this.read(streamId, LAST_RECORD, reading);
    return last === undefined ? 'none' : headOf(last.event);
  }

  async #once(streamId: StreamId, range: StreamRange, reading: Reading): Promise<Page> {
    const { known, names } = this.#context;
    const streamName = names.nameOf(streamId);
    // Before an append both are asked side by side, so that an append to a new stream waits for one answer.
    const isFirstLook = reading.shown === undefined && known.of(streamId).headAt === -Infinity;
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

/** A stream's last event, as its end. */
export function headOf({ id, revision: last, recordedAt }: RecordedEvent): StreamEnd {
  return { id, revision: last, recordedAt };
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

/** Past the end of every stream. A backwards read from here begins at the end of its stream. */
const PAST_THE_END = 2n ** 63n - 1n;

/** A part of a stream to read. */
interface WantedPart extends StreamReading {
  readonly streamId: StreamId;
  readonly from: Revision;
  readonly count: number;
}

/** Reads parts of streams. Which of their appends are whole, the engine sees. */
export class WholeStreams {
  readonly #context: ReadingContext;
  readonly #streams: StreamReader;

  constructor(context: ReadingContext, streams: StreamReader) {
    this.#context = context;
    this.#streams = streams;
  }

  /**
   * A part of one stream. Waits for at most `stallMs` where the server does not show the rest of its last append yet.
   *
   * @throws StoreUnavailable when the event before the part no longer exists.
   */
  async part(
    streamId: StreamId,
    part: StreamPart,
    { signal, isBeforeAppend }: Parameters<LogBackend['readStream']>[2] = {},
  ): Promise<StreamPage> {
    const { isForwards, after } = part;
    // The event before the part is read again, to check that the part continues the same history.
    const from = after?.revision ?? revision(part.from);
    const count = part.count + (after === undefined ? 0 : 1);
    const wanted: WantedPart = { streamId, from, count, signal, beforeAppend: isBeforeAppend };
    const { events, isLast } = await this.#read(isForwards, wanted);
    if (after === undefined) return { events, isLast };
    if (events[0]?.id !== after.id) throw historyReplaced(streamId, after.revision);
    return { events: events.slice(1), isLast };
  }

  async #read(isForwards: boolean, { streamId, from, count, ...reading }: WantedPart): Promise<StreamPage> {
    const direction = isForwards ? 'forwards' : 'backwards';
    const begin = !isForwards && from >= PAST_THE_END ? undefined : from;
    for (let attempt = 1; ; attempt++) {
      const page = await this.#streams.read(streamId, { direction, from: begin, limit: count }, reading);
      const events = page.map(({ event }) => event);
      const isLast = page.length < count;
      const end = isForwards ? isLast && events.at(-1) : begin === undefined && events[0];
      if (!end || followedInAppend(end) === 0 || this.#context.partialAppends.isCutOff(end.position))
        return { events, isLast };
      await backOff(Math.min(attempt, 3), reading.signal);
    }
  }
}

/**
 * Whether a stream without records was soft-deleted. Only its metadata tells it from one that never existed: the
 * server's answers to a read are the same.
 */
export async function isSoftDeleted(
  context: Pick<ReadingContext, 'connection' | 'timeouts'>,
  streamName: string,
  reading: Reading,
): Promise<boolean> {
  const metadata = await lastRecord(context, `$$${streamName}`, reading);
  return metadata !== undefined && marksDeletion(metadata);
}

function marksDeletion(metadata: LogRecord): boolean {
  try {
    const parsed = jsonIn(metadata);
    return typeof parsed === 'object' && parsed !== null && '$tb' in parsed && Number(parsed.$tb) > 0;
  } catch {
    // The server also ignores metadata that it can't parse.
    return false;
  }
}
