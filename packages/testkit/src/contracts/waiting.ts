import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate, setTimeout } from 'node:timers';
import { failure } from '../demand.js';
import { paced } from '../pace.js';

/** How long a test waits for one thing on a quiet machine. Only a failing test waits this long. */
export const WAIT_LIMIT_MS = 20_000;

/** How often a poll only yields, before it pauses: one that never pauses takes the processor from what it waits for. */
const QUICK_TURNS = 20;
const PAUSE_MS = 2;

const waitLimit = new AsyncLocalStorage<number>();

/** Sets the waiting time inside `work`, instead of {@link WAIT_LIMIT_MS}. */
export function withWaitLimit<Result>(ms: number, work: () => Promise<Result>): Promise<Result> {
  return waitLimit.run(ms, work);
}

/**
 * The outcome of the promise. `label` names it in the error message.
 *
 * @throws AssertionError when it does not come in time, adjusted to the speed of this machine.
 */
export async function within<Value>(label: string, promise: Promise<Value>, ms?: number): Promise<Value> {
  const timeout = new Timeout(label, ms ?? waitLimit.getStore() ?? WAIT_LIMIT_MS);
  try {
    return await Promise.race([promise, timeout.expired]);
  } finally {
    timeout.end();
  }
}

/** Marks a promise as handled that is awaited later, so that an early failure is not an unhandled rejection. */
export function awaitedLater<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => undefined);
  return promise;
}

/** Polls until the answer is true. @throws AssertionError, with the label, when that does not happen in time. */
export async function eventually(label: string, isTrue: () => Promise<boolean>): Promise<void> {
  const timeout = new Timeout(label, waitLimit.getStore() ?? WAIT_LIMIT_MS);
  let isOver = false;
  const poll = async (): Promise<void> => {
    for (let turn = 0; !isOver && !(await isTrue()); turn++) await (turn < QUICK_TURNS ? yieldToLoop() : pause());
  };
  try {
    // A single race: a race for each poll would leave a million promises that all settle at the time-out.
    await Promise.race([poll(), timeout.expired]);
  } finally {
    isOver = true;
    timeout.end();
  }
}

/** Yields to the event loop: a loop that only awaits promises would starve timers and sockets. */
export function yieldToLoop(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function pause(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, PAUSE_MS);
  });
}

/** A time-out that is extended while the machine turns out to be slow. */
class Timeout {
  /** Rejects when the time is over. */
  readonly expired: Promise<never>;
  readonly #startedAt = performance.now();
  readonly #ms: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(label: string, ms: number) {
    this.#ms = ms;
    this.expired = new Promise<never>((_, refuse) => {
      this.#check(() => refuse(failure(`${label} took longer than ${ms} ms`)));
    });
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #check(refuse: () => void): void {
    const remaining = paced(this.#ms) - (performance.now() - this.#startedAt);
    if (remaining <= 0) refuse();
    else this.#timer = setTimeout(() => this.#check(refuse), remaining);
  }
}
