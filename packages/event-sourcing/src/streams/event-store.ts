import type { WaitOptions } from '../values/deadline.js';
import type { Fault } from '../values/fault.js';
import type { Acknowledged } from './acknowledged.js';
import type { EventFilter } from './event-filter.js';
import type { EventId } from '../values/ids.js';
import type { Instant } from '../values/instant.js';
import type { NewEvent, RecordedEvent } from './event.js';
import type { Follower, Following, SubscriptionMessage } from './following.js';
import type { Position } from '../values/position.js';
import type { ExpectedRevision, Revision } from '../values/revision.js';
import type { StreamId } from '../values/stream-id.js';

/** The record of a command with an idempotency key. Its scope is one stream. */
export interface Receipt {
  readonly key: string;
  /** Tells this command from any other with the same key. */
  readonly fingerprint: string;
  /** The last revision of the stream when the command was done. */
  readonly revision: Revision;
}

/** A receipt and its stream. */
export interface StreamReceipt extends Receipt {
  readonly streamId: StreamId;
}

/** What a writer expects at the end of another stream: what it decided by there. */
export interface ExpectedEnd {
  readonly streamId: StreamId;
  /** The last event of that stream; `undefined` when it has none. */
  readonly eventId: EventId | undefined;
}

/** One append: all of it is recorded, contiguously and with one `recordedAt`, or nothing is. */
export interface Append {
  readonly streamId: StreamId;
  readonly expected: ExpectedRevision;
  /**
   * The stream's last event that the writer decided by. If another event is there, the stream is not as expected,
   * whatever its revision: a restored backup, or a standby that lagged, may have continued with other events.
   */
  readonly expectedEventId?: EventId;
  /**
   * What another stream has to end with. It is compared in the transaction that writes. EventStoreDB has no such
   * transaction: there it is looked up before the write (docs/guarantees.md).
   */
  readonly expectedElsewhere?: ExpectedEnd | undefined;
  /** At least one event. Empty only with a receipt, for a command that changed nothing in an existing stream. */
  readonly events: readonly NewEvent[];
  /** Stored in the same transaction. A stream has one receipt for each key. */
  readonly receipt?: { readonly key: string; readonly fingerprint: string };
  /**
   * For copying a log: when the events were first recorded. It replaces the store's clock, and later events of the
   * stream are not recorded as earlier. Left out for new events.
   */
  readonly recordedAt?: Instant;
  /** Aborts a waiting append, which then writes nothing. Once the write has begun, it is completed. */
  readonly signal?: AbortSignal | undefined;
}

/** Which part of a stream to read, and how. */
export interface ReadStreamOptions extends WaitOptions {
  /** The first event to read. Default: the stream's first, or backwards its last. */
  readonly from?: Revision;
  readonly direction?: 'forwards' | 'backwards';
  /** The most events altogether. Default: all. */
  readonly limit?: number;
  /** The most events in a page, 1 to 10,000. Default 500. */
  readonly pageSize?: number;
  /**
   * Whether an append follows that names the last revision read, and nothing else is concluded from the read: a node of
   * a cluster then need not show that it leads ({@link EventStore.provesReads}). Default false.
   */
  readonly isBeforeAppend?: boolean;
}

/** Which part of the whole store to read, and how. */
export interface ReadAllOptions {
  /** Only events after this position. Default: from the first event. */
  readonly after?: Position;
  readonly filter?: EventFilter;
  /**
   * About this many events in a page, 1 to 10,000. Default 500. A page ends with a whole append, so it may hold more.
   */
  readonly pageSize?: number;
  /** Ends the iteration, without an error. */
  readonly signal?: AbortSignal | undefined;
}

/** Which streams to read one after another. */
export interface ReadStreamsOptions extends Omit<ReadAllOptions, 'after'> {
  /** Only events up to this position. */
  readonly upTo: Position;
}

/** Which texts of an event are destroyed, and what stays in their place. */
export interface Erasure {
  readonly streamId: StreamId;
  readonly revision: Revision;
  readonly eventId: EventId;
  /** The commitments of a witness of the log. A text that has none here stays. */
  readonly commitments: { readonly actor?: string; readonly reason?: string };
}

/** How all receipts are read. */
export type ReceiptOptions = Pick<ReadAllOptions, 'pageSize' | 'signal'>;

/**
 * A store's answer to one question: where its head is, and whether a read model's checkpoint is an event of its log
 * (docs/guarantees.md#reading). It holds for the time the question was sent, or a later one.
 */
export interface HeadProof {
  /** When the question was sent, by `performance.now()`. */
  readonly askedAt: number;
  /** The end of the last whole append, as the leader knows it; `START` for an empty store. */
  readonly head: Position;
  /** The checkpoint in the question. */
  readonly checkpoint: Position;
  /** Whether the log holds the event at the checkpoint. It always holds `START`. */
  readonly isInLog: boolean;
}

/** An outage of a store: since when, and the fault of the last attempt. */
export interface Trouble {
  readonly since: Date;
  readonly fault: Fault;
}

/**
 * The port of event storage, which every store implements. The testkit's `eventStoreContract` tests it.
 *
 * The order is commit order: an event is visible only after all events at lower positions are. Every method may reject
 * with `StoreUnavailable`, `StoreClosed` or `StoreDamaged`; none stays pending forever. A method whose `signal` fires
 * rejects with `DeadlineExceeded` within 100 ms, even when the server does not answer, and then blocks nothing.
 */
export interface EventStore {
  /**
   * The clock tolerance: how many milliseconds after its `recordedAt` an event may still appear. Only then is the log
   * up to an instant complete. Absent where events are timestamped as they are written: it is then 0.
   */
  readonly lateByMs?: number;

  /**
   * Whether a read has to show that the node leads its cluster, which takes a round trip. Absent where a read needs none.
   */
  readonly provesReads?: boolean;

  /**
   * Since when and why the server does not answer; `undefined` while calls are answered. It becomes the cause of
   * time-outs. Absent where the store has no server.
   */
  trouble?(): Trouble | undefined;

  /**
   * Records events at the end of one stream, in one transaction, and returns them as every later read does.
   *
   * `recordedAt` is the store's clock, or that of the stream's last event if the clock is behind it.
   *
   * @throws RevisionConflict when the stream is not as expected.
   * @throws OtherStreamChanged when the other stream is not as expected; checked last.
   * @throws ReceiptExists when the stream has a receipt under this key; checked before the revision.
   * @throws DeadlineExceeded when `signal` fired before the write began.
   * @throws OutcomeUnknown when the answer was lost and could not be recovered.
   * @throws WrittenUnseen when the append was acknowledged but its position could not be read in time (EventStoreDB).
   * @throws UnserialisableData when an event can't be stored, or the append is too large.
   * @throws StoreFull when there is no room.
   * @throws RangeError for no events without a receipt, or no events on a stream that does not exist.
   */
  append(append: Append): Promise<readonly RecordedEvent[]>;

  /**
   * Reads one stream in non-empty pages. A stream that does not exist has no pages.
   *
   * @throws UnreadableEvent at the first event of an append of which a part is missing.
   * @throws RangeError when the limit or the page size is out of range.
   */
  readStream(streamId: StreamId, options?: ReadStreamOptions): AsyncIterable<readonly RecordedEvent[]>;

  /**
   * Reads the whole store in non-empty pages, in commit order, up to the current head or further. The events of an
   * append are contiguous and no page splits them, so a reader never sees half a command.
   *
   * @throws PositionUnknown when no event of this store is at `after`: it belongs to another store or a lost history.
   * @throws RangeError when the page size is out of range.
   */
  readAll(options?: ReadAllOptions): AsyncIterable<readonly RecordedEvent[]>;

  /**
   * Reads one stream after another, each from its first event, up to a position: for folding them. The order of streams
   * is not defined, and a page may split an append. Absent where {@link readAll} is as fast.
   *
   * @throws RangeError when the page size is out of range.
   */
  readStreams?(options: ReadStreamsOptions): AsyncIterable<readonly RecordedEvent[]>;

  /**
   * A catch-up subscription: reads on from a position, each event once and none missing, from history into live events,
   * with the events of one append in one message. The next page is fetched on demand, so a slow reader delays nobody
   * else. A read that fails is not retried: subscribe again after the last message. The iteration ends without an error
   * when `signal` fires or the iterator is returned, also while it waits, and rejects with `StoreClosed` when the store is
   * closed.
   *
   * @throws PositionUnknown when no event of this store is at `after`: a reader waiting there would silently miss the
   * next events.
   */
  subscribe(options?: ReadAllOptions): AsyncIterable<SubscriptionMessage>;

  /** Adds a follower to those that the log is read for together. Absent where each reads for itself as cheaply. */
  follow?(follower: Follower): Following;

  /** The receipt under this key, if there is one. */
  receipt(streamId: StreamId, key: string, wait?: WaitOptions): Promise<Receipt | undefined>;

  /**
   * Reads all receipts in pages, in no defined order, each once; a receipt stored meanwhile may be missing. For copying
   * a store: it includes receipts of commands without events. Absent where a store can't list them.
   */
  receipts?(options?: ReceiptOptions): AsyncIterable<readonly StreamReceipt[]>;

  /**
   * Destroys the actor and the reason of an event, with their salts, and leaves commitments in their place: the one
   * change that is ever made to a recorded event. Rows of read models that hold the texts stay until a rebuild, and so
   * do backups. Absent where a store can't (EventStoreDB).
   *
   * @throws RangeError when another event, or none, is at that place.
   */
  erase?(erasure: Erasure, wait?: WaitOptions): Promise<void>;

  /** The end of the last whole append in the store; `START` for an empty store. */
  head(wait?: WaitOptions): Promise<Position>;

  /**
   * Whether this store has an event at the position. Not past the end, nor where another event is, as after a restored
   * backup. Always true for `START`.
   */
  knows(position: Position, wait?: WaitOptions): Promise<boolean>;

  /**
   * Asks in one round trip where the head is and whether a read model's checkpoint is an event of this log; on a
   * cluster, asks the leader. Absent where {@link EventStore.head} and {@link EventStore.knows} are as good.
   *
   * @throws StoreUnavailable while no node claims to be the leader.
   */
  proveHead?(checkpoint: Position, wait?: WaitOptions): Promise<HeadProof>;

  /** The last position acknowledged by this opening of the store. Absent where read models are inline. */
  readonly acknowledged?: Acknowledged;

  /** Completes running writes, refuses later calls with `StoreClosed`, ends subscriptions. Idempotent. */
  close(): Promise<void>;
}
