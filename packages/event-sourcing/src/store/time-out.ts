import { DeadlineExceeded } from '../faults.js';
import { onAbort } from '../on-abort.js';

/** Marks that time was up, as no promise of others ever resolves to it. */
export const TIME_UP: unique symbol = Symbol('time is up');

/** Waits for a promise no longer than that, or until one of the signals fires. What comes later of it is ignored, also a failure. */
export function within<Value>(
  promise: Promise<Value>,
  ms: number,
  ...signals: readonly (AbortSignal | undefined)[]
): Promise<Value | typeof TIME_UP> {
  return new Promise((resolve, reject) => {
    const takeBacks: (() => void)[] = [];
    const stopWaiting = (): void => {
      clearTimeout(timer);
      for (const takeBack of takeBacks) takeBack();
    };
    const giveUp = (): void => {
      stopWaiting();
      resolve(TIME_UP);
    };
    const timer = setTimeout(giveUp, ms);
    for (const signal of signals) if (signal !== undefined) takeBacks.push(onAbort(signal, giveUp));
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

/** How long a caller waits for something that goes on without them. */
export interface Wait {
  readonly waitMs: number;
  readonly signal?: AbortSignal | undefined;
  /** What is waited for, for the fault to say. */
  readonly doing: string;
}

/** What comes of the promise, if it comes in time. @throws DeadlineExceeded when it does not, or the signal fired. */
export async function inTime<Value>(promise: Promise<Value>, { waitMs, signal, doing }: Wait): Promise<Value> {
  const value = await within(promise, waitMs, signal);
  if (value === TIME_UP) throw new DeadlineExceeded({ doing });
  return value;
}
