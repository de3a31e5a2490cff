import type { EventStore } from '../streams/event-store.js';

/** A store that delegates to another one, except for the methods in `instead`. */
export function delegating(store: EventStore, instead: Partial<EventStore> = {}): EventStore {
  const { lateByMs, provesReads, acknowledged } = store;
  // `proveHead` combines `head` and `knows`: when either is replaced, the replacement must be asked.
  const isReplaced = instead.head !== undefined || instead.knows !== undefined;
  const proveHead = isReplaced ? undefined : store.proveHead?.bind(store);
  const receipts = store.receipts?.bind(store);
  const readStreams = store.readStreams?.bind(store);
  const erase = store.erase?.bind(store);
  // A replaced `subscribe` must be asked.
  const follow = instead.subscribe === undefined ? store.follow?.bind(store) : undefined;
  return {
    ...(lateByMs !== undefined && { lateByMs }),
    ...(provesReads !== undefined && { provesReads }),
    ...(acknowledged !== undefined && { acknowledged }),
    ...(proveHead !== undefined && { proveHead }),
    ...(receipts !== undefined && { receipts }),
    ...(readStreams !== undefined && { readStreams }),
    ...(erase !== undefined && { erase }),
    ...(follow !== undefined && { follow }),
    trouble: () => store.trouble?.(),
    append: (append) => store.append(append),
    readStream: (streamId, options) => store.readStream(streamId, options),
    readAll: (options) => store.readAll(options),
    subscribe: (options) => store.subscribe(options),
    receipt: (streamId, key, wait) => store.receipt(streamId, key, wait),
    head: (wait) => store.head(wait),
    knows: (position, wait) => store.knows(position, wait),
    close: () => store.close(),
    ...instead,
  };
}
