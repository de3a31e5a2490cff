import type { Deadline, WaitOptions } from '../values/deadline.js';
import { Fault } from '../values/fault.js';
import { observedAppend, type Observe } from './observe.js';
import type { Acknowledged } from './acknowledged.js';
import type {
  Append,
  EventStore,
  HeadProof,
  ReadAllOptions,
  ReadStreamOptions,
  ReadStreamsOptions,
  Receipt,
  Trouble,
} from './event-store.js';
import type { RecordedEvent } from './event.js';
import type { Follower, Following, SubscriptionMessage } from './following.js';
import { START, type Position } from '../values/position.js';
import type { StreamId } from '../values/stream-id.js';

type Pages = AsyncIterable<readonly RecordedEvent[]>;

/**
 * An event store as the kernel and the domain call it. Every call requires a deadline, and none outlasts it, whatever
 * the store does.
 */
export class TimedEventStore {
  readonly #store: EventStore;
  readonly #observe: Observe | undefined;
  readonly #why = (): Fault | undefined => this.trouble?.fault;

  /** `observe` hears of its appends. */
  constructor(store: EventStore, observe?: Observe) {
    this.#store = store;
    this.#observe = observe;
  }

  /** As {@link EventStore.lateByMs}. */
  get lateByMs(): number | undefined {
    return this.#store.lateByMs;
  }

  /** As {@link EventStore.provesReads}. */
  get provesReads(): boolean {
    return this.#store.provesReads === true;
  }

  /** As {@link EventStore.trouble}. */
  get trouble(): Trouble | undefined {
    return this.#store.trouble?.();
  }

  /**
   * As {@link EventStore.append}, whose `append` carries the deadline's signal.
   *
   * @throws OutcomeUnknown when the write had begun.
   */
  append(append: Append, deadline: Deadline): Promise<readonly RecordedEvent[]> {
    const observe = this.#observe;
    return observe === undefined
      ? this.#append(append, deadline)
      : observedAppend(observe, append, () => this.#append(append, deadline));
  }

  #append(append: Append, deadline: Deadline): Promise<readonly RecordedEvent[]> {
    const { streamId } = append;
    return deadline.waitForWrite(
      this.#store.append(append),
      () => new Fault('outcome-unknown', { streamId }, deadline.fault(this.trouble?.fault)),
    );
  }

  /** As {@link EventStore.readStream}. @throws DeadlineExceeded */
  readStream(streamId: StreamId, options: ReadStreamOptions, deadline: Deadline): Pages {
    return deadline.values(this.#store.readStream(streamId, { ...options, signal: deadline.signal }), this.#why);
  }

  /** The first event that {@link readStream} would return. @throws DeadlineExceeded */
  async first(streamId: StreamId, options: ReadStreamOptions, deadline: Deadline): Promise<RecordedEvent | undefined> {
    for await (const [first] of this.readStream(streamId, { ...options, limit: 1 }, deadline)) return first;
    return undefined;
  }

  /** As {@link EventStore.readAll}. @throws DeadlineExceeded */
  readAll(options: ReadAllOptions, deadline: Deadline): Pages {
    return whole(deadline.values(this.#store.readAll({ ...options, signal: deadline.signal }), this.#why), deadline);
  }

  /** As {@link EventStore.readStreams}; `undefined` where the store lacks it. @throws DeadlineExceeded */
  readStreams(options: ReadStreamsOptions, deadline: Deadline): Pages | undefined {
    const pages = this.#store.readStreams?.({ ...options, signal: deadline.signal });
    return pages && whole(deadline.values(pages, this.#why), deadline);
  }

  /** As {@link EventStore.subscribe}: ends without an error at the deadline. */
  subscribe(options: ReadAllOptions, { signal }: Deadline): AsyncIterable<SubscriptionMessage> {
    return this.#store.subscribe({ ...options, signal });
  }

  /** As {@link EventStore.follow}; `undefined` where the store lacks it. */
  follow(follower: Follower): Following | undefined {
    return this.#store.follow?.(follower);
  }

  /** As {@link EventStore.receipt}. @throws DeadlineExceeded */
  receipt(streamId: StreamId, key: string, deadline: Deadline): Promise<Receipt | undefined> {
    return deadline.wait(this.#store.receipt(streamId, key, deadline), this.#why);
  }

  /** As {@link EventStore.head}. @throws DeadlineExceeded */
  head(deadline: Deadline): Promise<Position> {
    return deadline.wait(this.#store.head(deadline), this.#why);
  }

  /** As {@link EventStore.knows}. @throws DeadlineExceeded */
  knows(position: Position, deadline: Deadline): Promise<boolean> {
    return deadline.wait(this.#store.knows(position, deadline), this.#why);
  }

  /** A proof of the head, in one round trip where the store supports it. @throws DeadlineExceeded */
  prove(checkpoint: Position, deadline: Deadline): Promise<HeadProof> {
    return deadline.wait(proofOf(this.#store, checkpoint, deadline));
  }

  /** As {@link EventStore.acknowledged}. */
  get acknowledged(): Acknowledged | undefined {
    return this.#store.acknowledged;
  }
}

/** A read that its signal ended is incomplete. @throws DeadlineExceeded */
async function* whole(pages: Pages, deadline: Deadline): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
  yield* pages;
  deadline.throwIfOver();
}

/** Asks a store for a proof, in one round trip where the store supports it. */
async function proofOf(
  store: Pick<EventStore, 'head' | 'knows' | 'proveHead'>,
  checkpoint: Position,
  wait?: WaitOptions,
): Promise<HeadProof> {
  if (store.proveHead !== undefined) return store.proveHead(checkpoint, wait);
  const askedAt = performance.now();
  const head = await store.head(wait);
  const isInLog = checkpoint === START || checkpoint === head || (await store.knows(checkpoint, wait));
  return { askedAt, head, checkpoint, isInLog };
}

/** Removes the acknowledged position if its event was lost. @throws Fault as the store does. */
export async function forgetLost(store: TimedEventStore, deadline: Deadline): Promise<void> {
  const { acknowledged } = store;
  if (acknowledged === undefined) return;
  const { position } = acknowledged;
  if (!(await store.knows(position, deadline))) acknowledged.forget(position);
}
