import { AsyncLocalStorage } from 'node:async_hooks';
import { failure } from '../demand.js';
import { paced } from '../pace.js';

/** How long a test waits for one thing to happen, on a quiet machine. Only what does not happen takes so long. */
export const PATIENCE_MS = 20_000;

const patience = new AsyncLocalStorage<number>();

/** Lets whatever is waited for in `work` have so long, instead of {@link PATIENCE_MS}. */
export function withPatience<Result>(ms: number, work: () => Promise<Result>): Promise<Result> {
  return patience.run(ms, work);
}

/** Passes on what comes of the promise. @throws AssertionError when nothing comes of it in time, as fast as this machine is. */
export async function within<Value>(doing: string, promise: Promise<Value>, ms?: number): Promise<Value> {
  const waiting = new Waiting(doing, ms ?? patience.getStore() ?? PATIENCE_MS);
  try {
    return await Promise.race([promise, waiting.over]);
  } finally {
    waiting.end();
  }
}

/** Takes a promise that is awaited later: should it fail before that, this is not yet anybody's unhandled rejection. */
export function begun<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => undefined);
  return promise;
}

/** Asks again and again until the answer is yes. @throws AssertionError when it is not in time. */
export async function eventually(doing: string, isTrue: () => Promise<boolean>): Promise<void> {
  const waiting = new Waiting(doing, patience.getStore() ?? PATIENCE_MS);
  let isOver = false;
  const asking = async (): Promise<void> => {
    while (!isOver && !(await isTrue())) await yieldToLoop();
  };
  try {
    // Raced once: a race for each question would leave a million behind, which all end when the time is up.
    await Promise.race([asking(), waiting.over]);
  } finally {
    isOver = true;
    waiting.end();
  }
}

/** Lets everything else that is ready have its turn: a loop that only awaits promises would starve timers and sockets. */
export function yieldToLoop(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** A time that grows while it passes, when the machine turns out to be slow. */
class Waiting {
  /** Rejects when it is over. */
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
