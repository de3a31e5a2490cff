import { DeadlineExceeded } from './faults.js';
import { onAbort } from './on-abort.js';

/** How long a caller waits for something that goes on without them. */
export interface Wait {
  readonly waitMs: number;
  readonly signal?: AbortSignal | undefined;
  /** What is waited for, for the fault to say. */
  readonly doing: string;
}

/** What comes of the promise, if it comes in time. @throws DeadlineExceeded when it does not, or the signal fired. */
export function inTime<Value>(promise: Promise<Value>, { waitMs, signal, doing }: Wait): Promise<Value> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      clearTimeout(timer);
      reject(new DeadlineExceeded({ doing }));
    };
    const timer = setTimeout(giveUp, waitMs);
    const takeBack = onAbort(signal, giveUp);
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      takeBack();
    });
  });
}
