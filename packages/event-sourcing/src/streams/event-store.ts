import type { WaitOptions } from '../deadline.js';
import type { Fault } from '../fault.js';
import type { HeadProof } from '../projections/head-proof.js';
import type { Acknowledged } from './acknowledged.js';
import type { EventFilter } from './event-filter.js';
import type { EventId } from '../ids.js';
import type { Instant } from '../instant.js';
import type { NewEvent, RecordedEvent } from './event.js';
import type { Position } from './position.js';
import type { ExpectedRevision, Revision } from './revision.js';
import type { StreamId } from './stream-id.js';

/** What is remembered of a command that carried an idempotency key. Its scope is one stream. */
export interface Receipt {
  readonly key: string;
  /** What tells this command from every other that could come with the same key. */
  readonly fingerprint: string;
  /** The last event of the stream when the command was done. */
  readonly revision: Revision;
}

/** A receipt, and the stream it is of. */
export interface StreamReceipt extends Receipt {
  readonly streamId: StreamId;
}

/** One append: all of it is recorded, contiguously and with one `recordedAt`, or nothing is. */
export interface Append {
  readonly streamId: StreamId;
  readonly expected: ExpectedRevision;
  /**
   * The last event of the stream that the writer decided by. With another one in its place the stream is not as expected, whatever
   * its revision: a restored backup, or a standby that was behind, may have gone on otherwise.
   */
  readonly expectedEventId?: EventId;
  /** At least one event; none only with a receipt, for a command that had nothing to change in a stream that exists. */
  readonly events: readonly NewEvent[];
  /** Kept in the same transaction. A stream holds one receipt a key. */
  readonly receipt?: { readonly key: string; readonly fingerprint: string };
  /**
   * When the events were recorded first, for who copies a log: it takes the place of the store's clock. What comes later in its stream is not
   * recorded as earlier. Left out for everything that happens now.
   */
  readonly recordedAt?: Instant;
  /** Given up while it waits, an append writes nothing; once it is being written it is carried through. */
  readonly signal?: AbortSignal | undefined;
}

/** Which part of a stream to read, and how. */
export interface ReadStreamOptions extends WaitOptions {
  /** The first event wanted. Forwards the default is the first of the stream, backwards the last. */
  readonly from?: Revision;
  readonly direction?: 'forwards' | 'backwards';
  /** At most so many events altogether. Default: all. */
  readonly limit?: number;
  /** At most so many events in a page, 1 to 10,000. Default 500. */
  readonly pageSize?: number;
}

/** Which part of the whole store to read, and how. */
export interface ReadAllOptions {
  /** Only events after this position. Default: from the very first. */
  readonly after?: Position;
  readonly filter?: EventFilter;
  /**
   * About so many events in a page, 1 to 10,000. Default 500. A page ends where an append ends: there may be more in it, by
   * the rest of its last append.
   */
  readonly pageSize?: number;
  /** Ends the read quietly: the iteration is done. */
  readonly signal?: AbortSignal | undefined;
}

/** Which streams to read one after another. */
export interface ReadStreamsOptions extends Omit<ReadAllOptions, 'after'> {
  /** Only events up to this position. */
  readonly upTo: Position;
}

/**
 * What a subscription hands out.
 *
 * - `events`: the next page, never empty, in the order of the store;
 * - `caught-up`: all that the filter lets through up to `position` has been handed out. It comes each time the reader
 *   has reached the head of the store, so also when events passed that the filter holds back.
 */
export type SubscriptionMessage =
  | { readonly kind: 'events'; readonly events: readonly RecordedEvent[]; readonly position: Position }
  | {
      readonly kind: 'caught-up';
      readonly position: Position;
      /** When the store was asked for its head, by `performance.now()`; left out when it was not asked, only heard. */
      readonly askedAt?: number;
    };

/**
 * Where events are kept: the port every store implements, and what `eventStoreContract` of the testkit holds it to.
 *
 * Order is commit order: an event at position n is never visible before all events at lower positions are. Every
 * method may reject with `StoreUnavailable`, `StoreClosed` or `StoreDamaged`; none ever stays pending for good. One whose
 * `signal` fires rejects with `DeadlineExceeded` within 100 ms, also while the server says nothing, and holds nothing up after that.
 */
export interface EventStore {
  /**
   * How long after its `recordedAt` an event may still come to be there, in milliseconds: what was recorded up to an instant is certain
   * only then. Absent where the clock is read as the event is written: at once.
   */
  readonly lateByMs?: number;

  /**
   * What keeps its server from answering at this moment: what the last attempt ended with, since nothing came of any; `undefined` while
   * calls are answered. It is the cause of a time-out. Absent where the store has no server.
   */
  trouble?(): Fault | undefined;

  /**
   * Records events at the end of one stream, in one transaction, and answers with them as every later read gives them.
   *
   * `recordedAt` is the store's clock, or that of the stream's last event if the clock is behind it.
   *
   * @throws RevisionConflict when the stream is not as expected.
   * @throws ReceiptExists when the stream has a receipt under this key; checked before the revision.
   * @throws DeadlineExceeded when `signal` fired before the write began.
   * @throws OutcomeUnknown when the answer was lost and looking did not tell.
   * @throws WrittenUnseen when it was acknowledged, and where it stands could not be read in time (EventStoreDB).
   * @throws UnserialisableData when an event is not what a store can keep, or the append is larger than it takes.
   * @throws StoreFull when there is no room.
   * @throws RangeError for no events without a receipt, or no events on a stream that does not exist.
   */
  append(append: Append): Promise<readonly RecordedEvent[]>;

  /**
   * Reads one stream in pages, none of them empty. A stream that does not exist has no pages.
   *
   * @throws RangeError when the limit or the page size is out of its range.
   */
  readStream(streamId: StreamId, options?: ReadStreamOptions): AsyncIterable<readonly RecordedEvent[]>;

  /**
   * Reads the whole store in pages, none of them empty, in the order of commits, up to where it is now or further. The
   * events of one append are next to each other, and no page ends between two of them: a reader page by page never
   * sees half a command.
   *
   * @throws PositionUnknown when `after` stands for no event of this store: of another one, or of a history that was lost.
   * @throws RangeError when the page size is out of its range.
   */
  readAll(options?: ReadAllOptions): AsyncIterable<readonly RecordedEvent[]>;

  /**
   * Reads one stream after another, each from its first event, up to a position: for who folds them. No order is promised between
   * streams, and a page may end within an append. Absent where that would be no sooner done than by {@link readAll}.
   *
   * @throws RangeError when the page size is out of its range.
   */
  readStreams?(options: ReadStreamsOptions): AsyncIterable<readonly RecordedEvent[]>;

  /**
   * Reads on from a position, forever: each event once, none missing, across the border from history to live, the events
   * of one append in one message. The
   * next page is fetched when it is asked for, so a slow reader holds back nobody else. The iteration ends
   * quietly when `signal` fires or the iterator is returned, also while it waits, and rejects with `StoreClosed` when the store is closed.
   *
   * @throws PositionUnknown when `after` stands for no event of this store: waiting there would pass what is written next in silence.
   */
  subscribe(options?: ReadAllOptions): AsyncIterable<SubscriptionMessage>;

  /** The receipt of the command that came with this key, if one did. */
  receipt(streamId: StreamId, key: string, wait?: WaitOptions): Promise<Receipt | undefined>;

  /**
   * Reads all receipts in pages, in no order that is promised, each once; one that is kept meanwhile may be left out. For who copies a
   * store: also those of commands without events. Absent where a store can't list them.
   */
  receipts?(options?: Pick<ReadAllOptions, 'pageSize' | 'signal'>): AsyncIterable<readonly StreamReceipt[]>;

  /** The end of the last whole append in the store; `START` while it is empty. */
  head(wait?: WaitOptions): Promise<Position>;

  /**
   * Whether the event that a position stands for is in this store: not when it is beyond the end, nor when another event stands
   * there, as after a backup was restored. `START` always is.
   */
  knows(position: Position, wait?: WaitOptions): Promise<boolean>;

  /**
   * Asks in one round trip where the head is, and whether a read model's checkpoint is an event of this log; on a cluster, the node
   * that leads. Absent where {@link EventStore.head} and {@link EventStore.knows} are as good.
   *
   * @throws StoreUnavailable while no node says that it leads.
   */
  proveHead?(checkpoint: Position, wait?: WaitOptions): Promise<HeadProof>;

  /** How far the appends acknowledged by this opening of the store go. Absent where read models are kept inline. */
  readonly acknowledged?: Acknowledged;

  /** Lets writes that have begun end, refuses all others with `StoreClosed`, ends subscriptions. Twice is once. */
  close(): Promise<void>;
}
