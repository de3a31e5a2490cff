import { failure } from '../demand.js';

/** How long a test waits for one thing to happen. */
export const PATIENCE_MS = 5000;

/** Passes on what comes of the promise. @throws AssertionError when nothing comes of it in time. */
export async function within<Value>(doing: string, promise: Promise<Value>, ms: number = PATIENCE_MS): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, refuse) => {
    timer = setTimeout(() => refuse(overdue(doing, ms)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Takes a promise that is awaited later: should it fail before that, this is not yet anybody's unhandled rejection. */
export function begun<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => undefined);
  return promise;
}

/** Asks again and again until the answer is yes. @throws AssertionError when it is not in time. */
export async function eventually(doing: string, isTrue: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await within(doing, isTrue()))) {
    if (performance.now() > end) throw overdue(doing, PATIENCE_MS);
    await breathe();
  }
}

/** Lets everything else that is ready have its turn: a loop that only awaits promises would starve timers and sockets. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function overdue(doing: string, ms: number): Error {
  return failure(`${doing} took longer than ${ms} ms`);
}
