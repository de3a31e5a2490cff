import type { Clock } from '../values/instant.js';
import type { Deadline } from '../values/deadline.js';
import type { Store } from './store.js';
import { Notifier } from '../store/notifier.js';
import type { ReadAllOptions } from '../streams/event-store.js';
import type { EventFilter } from '../streams/event-filter.js';
import type { RecordedEvent } from '../streams/event.js';
import type { Following, SubscriptionMessage } from '../streams/following.js';
import type { Position } from '../values/position.js';
import type { TimedEventStore } from '../streams/timed-event-store.js';

/** How far a projection lags behind the store. */
export interface Lag {
  /** The number of events not yet reduced. It stops at 10,000, and {@link isAtLeast} is then true. */
  readonly events: number;
  readonly isAtLeast: boolean;
  /** How long the oldest of these events has waited; 0 without any. */
  readonly seconds: number;
}

type Messages = AsyncGenerator<SubscriptionMessage, void, undefined>;

const COUNTED_AT_MOST = 10_000;
/** The most events reduced in one transaction, so that other work in the process waits only milliseconds. */
const LARGEST_STEP = 100;
/** How often a log that is not read for several followers together is read: while somebody waits, and otherwise. */
const [AWAITED_MS, FOLLOW_MS] = [100, 500];

/** How a projection reads its log. */
export interface ProjectedLogOptions {
  readonly filter: EventFilter;
  readonly pageSize: number | undefined;
  /** Whether the projection follows the log for long. */
  readonly isFollower: boolean;
  /** Whether a caller waits for rows. */
  readonly isAwaited: () => boolean;
}

/** The store as a projection reads it. */
export class ProjectedLog {
  readonly store: TimedEventStore;
  readonly readModelUpdates: Store['readModelUpdates'];
  /** The options with which a rebuild reads the whole log. */
  readonly reading: { readonly filter: EventFilter; readonly pageSize: number };
  readonly #clock: Clock;
  readonly #isAwaited: () => boolean;
  readonly #following: Following | undefined;
  readonly #hurried = new Notifier();

  constructor(
    {
      clock,
      eventStore,
      readModelUpdates,
    }: { clock: Clock; eventStore: TimedEventStore; readModelUpdates: Store['readModelUpdates'] },
    { filter, isAwaited, isFollower, pageSize = 500 }: ProjectedLogOptions,
  ) {
    this.store = eventStore;
    this.readModelUpdates = readModelUpdates;
    this.reading = { filter, pageSize };
    this.#clock = clock;
    this.#isAwaited = isAwaited;
    const follower = { filter, pageSize: Math.min(pageSize, LARGEST_STEP), isAwaited };
    this.#following = isFollower ? eventStore.follow(follower) : undefined;
  }

  /** Resolves when the log is to be read again. */
  due(signal: AbortSignal): Promise<void> {
    if (this.#following !== undefined) return this.#following.due(signal);
    return this.#hurried.changed(signal, this.#isAwaited() ? AWAITED_MS : FOLLOW_MS);
  }

  /** It is due now. */
  hurry(): void {
    this.#following?.hurry();
    this.#hurried.notify();
  }

  /** It is no longer read. */
  leave(): void {
    this.#following?.leave();
  }

  /** The events after a position up to the head. The last message says where that is. @throws DeadlineExceeded */
  async *upToHead(after: Position | undefined, deadline: Deadline): Messages {
    const messages = this.#following?.messages(after, deadline.signal);
    for await (const message of messages ?? this.store.subscribe(this.#steps(after), deadline)) {
      yield message;
      if (message.kind === 'caught-up') return;
    }
  }

  /** Counts the events after a position by reading them. @throws DeadlineExceeded */
  async lag(after: Position, deadline: Deadline): Promise<Lag> {
    let events = 0;
    let oldest: RecordedEvent | undefined;
    for await (const page of this.store.readAll({ ...this.reading, after, pageSize: 1000 }, deadline)) {
      oldest ??= page[0];
      events += page.length;
      if (events >= COUNTED_AT_MOST) break;
    }
    const seconds = oldest === undefined ? 0 : Math.max(0, (this.#clock() - oldest.recordedAt) / 1000);
    return { events: Math.min(events, COUNTED_AT_MOST), isAtLeast: events >= COUNTED_AT_MOST, seconds };
  }

  #steps(after: Position | undefined): ReadAllOptions {
    const { filter, pageSize } = this.reading;
    return { filter, pageSize: Math.min(pageSize, LARGEST_STEP), ...(after !== undefined && { after }) };
  }
}
