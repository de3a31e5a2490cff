import type { WaitOptions } from '../values/deadline.js';
import { catchUpSubscription, readThrough, type Reader } from '../store/read-through.js';
import { demandText } from '../streams/json.js';
import { leavable } from '../store/leavable.js';
import { streamThrough, withoutGaps, type StreamPage, type StreamPart } from '../store/stream-pages.js';
import type { Acknowledged } from '../streams/acknowledged.js';
import type {
  Append,
  Erasure,
  EventStore,
  HeadProof,
  ReadAllOptions,
  ReadStreamOptions,
  ReadStreamsOptions,
  Receipt,
  ReceiptOptions,
  StreamReceipt,
  Trouble,
} from '../streams/event-store.js';
import { type RecordedEvent, erasedMetadata } from '../streams/event.js';
import type { Follower, Following, SubscriptionMessage } from '../streams/following.js';
import { demandRead, pageSizeOf } from '../streams/paging.js';
import { START, type Position } from '../values/position.js';
import { demandOptions, demandPlace, demandString, wrong } from '../values/wrong.js';
import { isEventId } from '../values/ids.js';
import type { StreamId } from '../values/stream-id.js';
import type { GuardedBackend } from './guarded-backend.js';
import type { LogBackend, LogRange } from './log-backend.js';
import { SharedReading } from './shared-reading.js';
import { NO_QUESTION, type Found, type Question } from './plan.js';
import type { Writer } from './writer.js';

type Pages = AsyncGenerator<readonly RecordedEvent[], void, undefined>;

/** The event store of a backend. */
export class EngineEventStore implements EventStore {
  readonly #guarded: GuardedBackend;
  readonly #writer: Writer;
  readonly lateByMs?: number;
  readonly provesReads?: boolean;
  readonly acknowledged?: Acknowledged;
  readonly follow?: (follower: Follower) => Following;
  readonly receipts?: (options?: ReceiptOptions) => AsyncIterable<readonly StreamReceipt[]>;
  readonly readStreams?: (options: ReadStreamsOptions) => AsyncIterable<readonly RecordedEvent[]>;
  readonly erase?: (erasure: Erasure, wait?: WaitOptions) => Promise<void>;

  /** `acknowledged` where read models are followed. */
  constructor(guarded: GuardedBackend, writer: Writer, acknowledged?: Acknowledged) {
    const { backend } = guarded;
    this.#guarded = guarded;
    this.#writer = writer;
    const { lateByMs, provesReads } = backend;
    const readReceipts = backend.readReceipts?.bind(backend);
    const readStreams = backend.readStreams?.bind(backend);
    const erase = backend.erase?.bind(backend);
    if (acknowledged !== undefined) {
      this.acknowledged = acknowledged;
      const reading = new SharedReading(guarded);
      this.follow = (follower) => reading.join(follower);
    }
    if (lateByMs !== undefined) this.lateByMs = lateByMs;
    if (provesReads !== undefined) this.provesReads = provesReads;
    if (readReceipts !== undefined) {
      this.receipts = (options = {}) => {
        demandRead(options);
        const pageSize = pageSizeOf(options);
        return guarded.pages(options.signal, () => readReceipts(pageSize, options));
      };
    }
    if (erase !== undefined) this.erase = (erasure, wait) => this.#erase(erase, erasure, wait);
    if (readStreams !== undefined) {
      this.readStreams = (options) => {
        demandRead(options);
        demandPlace('upTo', options?.upTo);
        const asked = { ...options, pageSize: pageSizeOf(options) };
        return withoutGaps(
          backend.name,
          guarded.pages(options.signal, () => readStreams(asked)),
        );
      };
    }
  }

  trouble(): Trouble | undefined {
    return this.#guarded.backend.trouble?.();
  }

  append(append: Append): Promise<readonly RecordedEvent[]> {
    return this.#writer.append(append);
  }

  readStream(streamId: StreamId, options?: ReadStreamOptions): Pages {
    demandString('streamId', streamId);
    demandRead(options);
    const { name: store } = this.#guarded.backend;
    const read = (part: StreamPart): Promise<StreamPage> =>
      this.#guarded.call(options, (backend) => backend.readStream(streamId, part, options));
    return streamThrough(streamId, { store, read }, options);
  }

  readAll(options?: ReadAllOptions): AsyncIterable<readonly RecordedEvent[]> {
    demandRead(options);
    return leavable(options?.signal, (left) => this.#readAll(options, left));
  }

  subscribe(options?: ReadAllOptions): AsyncIterable<SubscriptionMessage> {
    demandRead(options);
    const pageSize = pageSizeOf(options);
    return leavable(options?.signal, (left) => {
      const following = this.follow?.({ filter: options?.filter, pageSize, isAwaited: () => false });
      if (following !== undefined) return throughout(following, options?.after, left);
      const reader = this.#reader({ ...options, isFollowed: true }, left.signal);
      const changed = (signal: AbortSignal): Promise<void> => this.#guarded.changed(signal);
      return catchUpSubscription({ reader, changed, after: options?.after }, left);
    });
  }

  async receipt(streamId: StreamId, key: string, wait?: WaitOptions): Promise<Receipt | undefined> {
    demandString('streamId', streamId);
    demandString('key', key);
    const { receipts, unreadable } = await this.#lookUp({ ...NO_QUESTION, receipts: [{ streamId, key }] }, wait);
    // A receipt that can't be read is not a missing one: its command was carried out.
    if (unreadable?.has(streamId) === true) throw unreadable.get(streamId);
    const [found] = receipts;
    return found && { key, fingerprint: found.fingerprint, revision: found.revision };
  }

  async head(wait?: WaitOptions): Promise<Position> {
    return (await this.proveHead(START, wait)).head;
  }

  async knows(position: Position, wait?: WaitOptions): Promise<boolean> {
    return (await this.proveHead(position, wait)).isInLog;
  }

  async proveHead(checkpoint: Position, wait?: WaitOptions): Promise<HeadProof> {
    demandPlace('a position', checkpoint);
    const askedAt = performance.now();
    const { head, missing } = await this.#lookUp({ ...NO_QUESTION, events: [checkpoint] }, wait);
    return { askedAt, head, checkpoint, isInLog: missing === undefined };
  }

  async close(): Promise<void> {
    await this.#guarded.close(this.#writer.close());
  }

  #lookUp(question: Question, wait: WaitOptions | undefined): Promise<Found> {
    return this.#guarded.call(wait, (backend) => backend.lookUp(question, wait));
  }

  async #erase(
    erase: NonNullable<LogBackend['erase']>,
    erasure: Erasure,
    wait: WaitOptions | undefined,
  ): Promise<void> {
    demandErasure(erasure);
    const { commitments, eventId, revision, streamId } = erasure;
    for (const name of ['actor', 'reason'] as const)
      if (commitments[name] !== undefined) demandText(`commitments.${name}`, commitments[name]);
    const part = { isForwards: true, from: revision, count: 1, after: undefined };
    const { events } = await this.#guarded.call(wait, (backend) => backend.readStream(streamId, part, wait));
    const [event] = events;
    const isThere =
      event?.id === eventId &&
      (await this.#guarded.call(wait, () => erase(event, erasedMetadata(event.metadata, commitments))));
    if (!isThere)
      throw new RangeError(
        `eventId must be the event at the revision of the streamId, not ${eventId} at ${revision} of ${streamId}`,
      );
  }

  async *#readAll(options: ReadAllOptions | undefined, left: AbortController): Pages {
    try {
      yield* readThrough(this.#reader(options, left.signal), options?.after, left.signal);
    } finally {
      left.abort();
    }
  }

  #reader(options: (ReadAllOptions & Pick<LogRange, 'isFollowed'>) | undefined, signal: AbortSignal): Reader {
    const { filter, isFollowed = false } = options ?? {};
    const range = { filter, pageSize: pageSizeOf(options), isFollowed };
    // The signal ends a read without an error.
    return (after) => this.#guarded.call(undefined, (backend) => backend.readLog(after, range, { signal }));
  }
}

/** @throws RangeError naming the member. */
function demandErasure(erasure: Erasure | undefined): void {
  demandOptions('an erasure', erasure ?? null);
  const { commitments, eventId, revision, streamId } = erasure ?? {};
  demandString('streamId', streamId);
  demandPlace('revision', revision, 'revision');
  if (!isEventId(eventId)) throw wrong('eventId', 'the id of an event', eventId);
  demandOptions('commitments', commitments ?? null);
}

/** All messages to a follower, which then leaves. */
async function* throughout(
  following: Following,
  after: Position | undefined,
  left: AbortController,
): AsyncGenerator<SubscriptionMessage, void, undefined> {
  try {
    yield* following.messages(after, left.signal);
  } finally {
    left.abort();
    following.leave();
  }
}
