import { onAbort } from '../on-abort.js';

/**
 * An iterable whose reader can leave at any time, by `return` or by the signal: also while it waits for the next value,
 * which a generator by itself would only notice when that has come. The generator has to abort `left` at its end.
 */
export function leavable<Value>(
  signal: AbortSignal | undefined,
  make: (left: AbortController) => AsyncGenerator<Value, void, undefined>,
): AsyncIterable<Value> {
  return {
    [Symbol.asyncIterator]() {
      const left = new AbortController();
      const takeBack = onAbort(signal, () => left.abort());
      onAbort(left.signal, takeBack);
      const values = make(left);
      return {
        next: () => values.next(),
        return: () => {
          left.abort();
          return values.return();
        },
      };
    },
  };
}
