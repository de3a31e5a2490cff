/** What hears each signal: one listener a signal, however many wait on it, or the platform warns of a leak from the eleventh on. */
const heard = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `act` when the signal fires, at once when it has fired before. The answer takes the call back.
 *
 * Any number may wait on one signal: a request hands its own to all its reads.
 */
export function onAbort(signal: AbortSignal | undefined, act: () => void): () => void {
  if (signal === undefined) return () => undefined;
  if (signal.aborted) {
    act();
    return () => undefined;
  }
  const acts = heard.get(signal) ?? listenTo(signal);
  acts.add(act);
  return () => acts.delete(act);
}

function listenTo(signal: AbortSignal): Set<() => void> {
  const acts = new Set<() => void>();
  const fire = (): void => {
    heard.delete(signal);
    for (const act of acts) act();
  };
  heard.set(signal, acts);
  signal.addEventListener('abort', fire, { once: true });
  return acts;
}

/** A signal that listens to others. */
export interface Released {
  readonly signal: AbortSignal;
  /** To be called when nobody waits for it any more: the signals it listens to may go on for long. */
  readonly release: () => void;
}

/** A signal that fires when one of two does. */
export function eitherOf(one: AbortSignal, other: AbortSignal | undefined): Released {
  if (other === undefined) return { signal: one, release: () => undefined };
  const control = new AbortController();
  const takeBacks = [one, other].map((signal) => onAbort(signal, () => control.abort()));
  return { signal: control.signal, release: () => takeBacks.forEach((takeBack) => takeBack()) };
}
