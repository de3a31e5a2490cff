declare global {
  // As @types/node has it, for programs without it. A reference to the library would also change what an iterator is.
  interface SymbolConstructor {
    readonly asyncDispose: unique symbol;
  }
}

/** How a store ends: by `close`, or where `await using` leaves its scope. */
export interface Closing {
  /** Twice is once. */
  close(): Promise<void>;
  /** The same, called where `await using` leaves its scope. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Both ways to close a store, by one function, which is called once. */
export function closedBy(end: () => Promise<void>): Closing {
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= end());
  return { close, [Symbol.asyncDispose]: close };
}
