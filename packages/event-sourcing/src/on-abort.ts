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
