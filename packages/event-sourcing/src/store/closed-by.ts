declare global {
  // Declared as in @types/node, for programs without it. A reference to the library would also change the iterator
  // types.
  interface SymbolConstructor {
    readonly asyncDispose: unique symbol;
  }
}

/** How a store is closed: by `close`, or at the end of an `await using` scope. */
export interface Closing {
  /** Idempotent. */
  close(): Promise<void>;
  /** The same, called at the end of an `await using` scope. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Both ways to close a store, from one function that is called at most once. */
export function closedBy(end: () => Promise<void>): Closing {
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= end());
  return { close, [Symbol.asyncDispose]: close };
}
