/// <reference lib="esnext.disposable" preserve="true" />
/** How a store ends: by `close`, or where `await using` leaves its scope. */
export interface Closing extends AsyncDisposable {
  /** Twice is once. */
  close(): Promise<void>;
}

/** Both ways to close a store, by one function, which is called once. */
export function closedBy(end: () => Promise<void>): Closing {
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= end());
  return { close, [Symbol.asyncDispose]: close };
}
