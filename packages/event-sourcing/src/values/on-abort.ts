import { shown } from './shown.js';

/** Whether a value is an `AbortSignal`, of any implementation. */
export function isSignal(value: unknown): value is AbortSignal {
  return typeof value === 'object' && value !== null && 'addEventListener' in value && 'aborted' in value;
}

/**
 * Refuses what is not a signal, such as its controller. Call it before anything is done: an error later would report a
 * write as failed that is carried out.
 *
 * @throws RangeError
 */
export function demandSignal(signal: unknown): void {
  if (signal === undefined || isSignal(signal)) return;
  throw new RangeError(`signal must be an AbortSignal, not ${shown(signal)}`);
}

/**
 * The callbacks of each signal. A signal gets one listener for all of them, because the platform warns of a leak at the
 * eleventh.
 */
const callbacksOf = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `act` when the signal fires, or at once when it has fired already. The returned function cancels that.
 *
 * Any number may wait on one signal: a request passes its own to all its reads.
 */
export function onAbort(signal: AbortSignal | undefined, act: () => void): () => void {
  if (signal === undefined) return () => undefined;
  if (signal.aborted) {
    act();
    return () => undefined;
  }
  const acts = callbacksOf.get(signal) ?? listenTo(signal);
  acts.add(act);
  return () => acts.delete(act);
}

/**
 * A signal that fires with the first of several, of any implementation: `AbortSignal.any` takes the platform's own only.
 * Call `forget` when it is no longer needed, unless one of them is sure to fire.
 */
export function firstToAbort(...signals: readonly (AbortSignal | undefined)[]): {
  readonly signal: AbortSignal;
  /** Stops listening to the others. */
  readonly forget: () => void;
} {
  const first = new AbortController();
  const forgets: (() => void)[] = [];
  const forget = (): void => {
    for (const one of forgets) one();
  };
  for (const signal of signals) {
    const fire = (): void => {
      first.abort(signal?.reason);
      forget();
    };
    forgets.push(onAbort(signal, fire));
  }
  return { signal: first.signal, forget };
}

function listenTo(signal: AbortSignal): Set<() => void> {
  const acts = new Set<() => void>();
  const fire = (): void => {
    callbacksOf.delete(signal);
    for (const act of acts) act();
  };
  callbacksOf.set(signal, acts);
  signal.addEventListener('abort', fire, { once: true });
  return acts;
}
