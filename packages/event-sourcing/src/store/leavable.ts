import { onAbort } from '../values/on-abort.js';

/**
 * An iterable that its reader can leave at any time, by `return` or by the signal, even while it waits for the next
 * value: a plain generator would notice only when that value arrives. The generator must abort `left` when it ends.
 */
export function leavable<Value>(
  signal: AbortSignal | undefined,
  make: (left: AbortController) => AsyncGenerator<Value, void, undefined>,
): AsyncIterable<Value> {
  return {
    [Symbol.asyncIterator]() {
      const left = new AbortController();
      const stopListening = onAbort(signal, () => left.abort());
      onAbort(left.signal, stopListening);
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
