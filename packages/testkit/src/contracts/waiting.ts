import { AsyncLocalStorage } from 'node:async_hooks';
import { failure } from '../demand.js';
import { paced } from '../pace.js';

/** How long a test waits for one thing on a quiet machine. Only a failing test waits this long. */
export const WAIT_LIMIT_MS = 20_000;

const waitLimit = new AsyncLocalStorage<number>();

/** Sets the waiting time inside `work`, instead of {@link WAIT_LIMIT_MS}. */
export function withWaitLimit<Result>(ms: number, work: () => Promise<Result>): Promise<Result> {
  return waitLimit.run(ms, work);
}

/**
 * The promise's outcome.
 *
 * @throws AssertionError when it does not come in time, adjusted to the speed of this machine.
 */
export async function within<Value>(doing: string, promise: Promise<Value>, ms?: number): Promise<Value> {
  const waiting = new Waiting(doing, ms ?? waitLimit.getStore() ?? WAIT_LIMIT_MS);
  try {
    return await Promise.race([promise, waiting.over]);
  } finally {
    waiting.end();
  }
}

/** Marks a promise as handled that is awaited later, so that an early failure is not an unhandled rejection. */
export function begun<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => undefined);
  return promise;
}

/** Polls until the answer is true. @throws AssertionError when that does not happen in time. */
export async function eventually(doing: string, isTrue: () => Promise<boolean>): Promise<void> {
  const waiting = new Waiting(doing, waitLimit.getStore() ?? WAIT_LIMIT_MS);
  let isOver = false;
  const asking = async (): Promise<void> => {
    while (!isOver && !(await isTrue())) await yieldToLoop();
  };
  try {
    // A single race: a race for each poll would leave a million promises that all settle at the time-out.
    await Promise.race([asking(), waiting.over]);
  } finally {
    isOver = true;
    waiting.end();
  }
}

/** Yields to the event loop: a loop that only awaits promises would starve timers and sockets. */
export function yieldToLoop(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** A time-out that is extended while the machine turns out to be slow. */
class Waiting {
  /** Rejects when the time is over. */
  readonly over: Promise<never>;
  readonly #began = performance.now();
  readonly #ms: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(doing: string, ms: number) {
    this.#ms = ms;
    this.over = new Promise<never>((_, refuse) => {
      this.#look(() => refuse(failure(`${doing} took longer than ${ms} ms`)));
    });
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #look(refuse: () => void): void {
    const left = paced(this.#ms) - (performance.now() - this.#began);
    if (left <= 0) refuse();
    else this.#timer = setTimeout(() => this.#look(refuse), left);
  }
}
