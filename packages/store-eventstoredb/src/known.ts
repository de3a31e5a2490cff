import { Lru, type Position, type StreamId } from '@login-policy/event-sourcing';
import { revisionAfter, type StreamEnd, type StreamReceipt } from '@login-policy/event-sourcing/store';
import { sizeOf, type Proposal, type StoredEvent } from './record.js';

/** A receipt of a known stream. */
export type Receipt = Omit<StreamReceipt, 'streamId'>;

/** The last event of a stream; `none` when the stream is not there. */
export type Head = StreamEnd | 'none';

/**
 * Cached facts about one stream. They may be outdated, or of a history that a failover or a restored backup has lost.
 * That is safe: each append names an exact revision, which the server compares with its log.
 */
export class KnownStream {
  /** The connection over which `head` was read. */
  connectionOfHead: unknown;
  /** When `head` was read or written, by `performance.now()`. */
  headAt: number = -Infinity;
  /** The last event read. */
  head: Head | undefined;
  /** `receipts` has all receipts up to this event. */
  receiptsUpTo: Pick<StreamEnd, 'id' | 'revision'> | undefined;
  readonly receipts: Map<string, Receipt> = new Map();

  /** Records consecutive events of the stream. */
  record(events: readonly StoredEvent[]): void {
    for (const { event, receipt } of events) {
      const { id, revision, recordedAt } = event;
      if (revision === this.receiptsUpTo?.revision && id !== this.receiptsUpTo.id) this.forgetReceipts();
      if (revision === revisionAfter(this.receiptsUpTo?.revision)) {
        this.receiptsUpTo = { id, revision };
        if (receipt !== undefined) this.receipts.set(receipt.key, Object.freeze({ ...receipt, revision }));
      }
      if (this.head === undefined || this.head === 'none' || revision >= this.head.revision) {
        this.head = { id, revision, recordedAt };
        this.headAt = performance.now();
      }
    }
  }

  /** Forgets all receipts, because they belong to a history that no longer exists. */
  forgetReceipts(): void {
    this.receiptsUpTo = undefined;
    this.receipts.clear();
  }
}

/** The cache size. A receipt counts 1, a stream 10. */
const STREAMS_CAPACITY = 100_000;

/** How long a stream's head is believed: the longest time in which its deletion by another program goes unnoticed. */
const BELIEVED_MS = 30_000;

/**
 * A cache of streams, from which the least recently used is evicted first. A stream's head belongs to the connection
 * over which it was read: after a reconnect, the server may be another one that lacks these events.
 */
export class KnownStreams {
  readonly #connection: () => unknown;
  readonly #streams = new Lru<StreamId, KnownStream>(STREAMS_CAPACITY, ({ receipts }) => 10 + receipts.size);

  /** `connection` identifies the connection: a new value for each; `undefined` while there is none. */
  constructor(connection: () => unknown) {
    this.#connection = connection;
  }

  /** The cached facts about a stream; empty when it is not cached. */
  of(streamId: StreamId): KnownStream {
    const known = this.#streams.get(streamId) ?? this.#add(streamId);
    const connection = this.#connection();
    const isBelieved = performance.now() - known.headAt < BELIEVED_MS;
    if (connection === undefined || known.connectionOfHead !== connection || !isBelieved) known.head = undefined;
    known.connectionOfHead = connection;
    return known;
  }

  /** Records that a stream is not there. */
  noteMissing(streamId: StreamId): void {
    const known = this.of(streamId);
    known.head = 'none';
    known.headAt = performance.now();
  }

  /** Records consecutive events of one stream. */
  record(streamId: StreamId, events: readonly StoredEvent[]): void {
    const known = this.of(streamId);
    const before = known.receipts.size;
    known.record(events);
    // Set again, because a stream with more receipts takes more of the cache.
    if (known.receipts.size > before) this.#streams.set(streamId, known);
  }

  #add(streamId: StreamId): KnownStream {
    const known = new KnownStream();
    this.#streams.set(streamId, known);
    return known;
  }
}

/** The size of the cache in bytes. */
const EVENTS_CAPACITY = 4_000_000;
/** The overhead of a cached event in bytes. */
const OVERHEAD = 500;

/** An event with its receipt and its size in bytes. */
interface OwnEvent {
  readonly stored: StoredEvent;
  readonly bytes: number;
}

/**
 * A cache of the events that this process recorded last. When the process reads them from the log, it need not decode
 * them, because a position identifies its event.
 */
export class OwnEvents {
  readonly #events = new Lru<Position, OwnEvent>(EVENTS_CAPACITY, ({ bytes }) => OVERHEAD + bytes);

  /** Caches acknowledged events. `proposals` are the same events as they were sent. */
  note(events: readonly StoredEvent[], proposals: readonly Proposal[]): void {
    for (const [index, stored] of events.entries()) {
      const proposal = proposals[index];
      if (proposal !== undefined) this.#events.set(stored.event.position, { stored, bytes: sizeOf(proposal) });
    }
  }

  /** The event at a position, if this process recorded it. */
  at(position: Position): StoredEvent | undefined {
    return this.#events.get(position)?.stored;
  }
}
