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

/** A signal that follows other signals. */
export interface Released {
  readonly signal: AbortSignal;
  /** Call it when the signal is no longer needed, because the followed signals may outlive it. */
  readonly release: () => void;
}

/** A signal that aborts when either of two does. */
export function eitherOf(one: AbortSignal, other: AbortSignal | undefined): Released {
  if (other === undefined) return { signal: one, release: () => undefined };
  const control = new AbortController();
  const listenerRemovers = [one, other].map((signal) => onAbort(signal, () => control.abort()));
  return { signal: control.signal, release: () => listenerRemovers.forEach((removeListener) => removeListener()) };
}
