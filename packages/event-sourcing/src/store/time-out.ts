import { onAbort } from '../values/on-abort.js';
import { LONGEST_TIMER_MS } from '../options/option-rules.js';
import { readArrived } from '../values/yield-to-loop.js';

/** The result of {@link within} on a time-out. A symbol, because no promise resolves to it. */
export const TIME_UP: unique symbol = Symbol('time is up');

/**
 * Waits for a promise, but only so long, or until one of the signals fires. A later result, also a failure, is ignored.
 * A result that has arrived while the event loop was blocked counts: it is read before the time is up.
 */
export function within<Value>(
  promise: Promise<Value>,
  ms: number,
  ...signals: readonly (AbortSignal | undefined)[]
): Promise<Value | typeof TIME_UP> {
  return new Promise((resolve, reject) => {
    const listenerRemovers: (() => void)[] = [];
    const stopWaiting = (): void => {
      clearTimeout(timer);
      for (const removeListener of listenerRemovers) removeListener();
    };
    const giveUp = (): void => {
      stopWaiting();
      resolve(TIME_UP);
    };
    // A timer fires at once if its time is longer, as `Infinity` is.
    const timer = setTimeout(() => void readArrived().then(giveUp), Math.min(ms, LONGEST_TIMER_MS));
    for (const signal of signals) if (signal !== undefined) listenerRemovers.push(onAbort(signal, giveUp));
    promise.then(
      (value) => {
        stopWaiting();
        resolve(value);
      },
      (caught: unknown) => {
        stopWaiting();
        reject(caught instanceof Error ? caught : new Error(String(caught)));
      },
    );
  });
}
