import { signedIn } from './session.js';

/**
 * What this browser keeps for the signed-in user: it is there again after a reload or the next sign-in, in every tab, and
 * nobody else who signs in here sees it.
 */
export function keepForPerson(what: string, value: unknown): void {
  const key = keyOf(what);
  if (key === undefined) return;
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // A browser without room, or one that keeps nothing: then it lives as long as the page does.
  }
}

/** What was kept under this name for the signed-in user. */
export function recallForPerson(what: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(keyOf(what) ?? '') ?? 'null');
  } catch {
    return null;
  }
}

/** Calls back when another tab has kept something; answers with how to stop that. */
export function onKeptElsewhere(listener: () => void): () => void {
  addEventListener('storage', listener);
  return () => {
    removeEventListener('storage', listener);
  };
}

function keyOf(what: string): string | undefined {
  const session = signedIn();
  return session === undefined ? undefined : `login-policy ${session.instanceId} ${session.userId} ${what}`;
}
