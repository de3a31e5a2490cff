import { isBeforeLooking, leavesOpen } from '../wire/failure.js';

const LONGEST_PAUSE_MS = 5_000;

/** Why something was not done. */
export interface NotDone {
  readonly caught: unknown;
  /** Whether an earlier attempt may have been recorded although this one was refused. */
  readonly isOpenWhether: boolean;
}

/**
 * Sends a change or a proposal until its outcome is known, or nobody waits any more; `lost` is called for each lost
 * answer. What is sent has a key, so that it happens once.
 */
export async function untilKnown(
  sendOnce: () => Promise<void>,
  { signal, lost }: { readonly signal: AbortSignal; readonly lost: () => void },
): Promise<NotDone | undefined> {
  for (let tries = 0; !signal.aborted; tries++) {
    try {
      await sendOnce();
      return undefined;
    } catch (caught) {
      if (!leavesOpen(caught)) return { caught, isOpenWhether: tries > 0 && isBeforeLooking(caught) };
      lost();
      await pause(Math.min(500 * 2 ** tries, LONGEST_PAUSE_MS), signal);
    }
  }
  return undefined;
}

/** Waits, but at most until the browser is online again, or nobody waits any more. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = new AbortController();
    const end = (): void => {
      over.abort();
      resolve();
    };
    const timer = setTimeout(end, ms);
    over.signal.addEventListener('abort', () => clearTimeout(timer));
    addEventListener('online', end, { signal: over.signal });
    signal.addEventListener('abort', end, { signal: over.signal });
  });
}
