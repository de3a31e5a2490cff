import { signedIn } from './session.js';

/**
 * Stores a value in this browser for the signed-in user. It survives a reload and a sign-out, and is shared by all
 * tabs. Other users don't see it.
 */
export function keepForPerson(what: string, value: unknown): void {
  const key = keyOf(what);
  if (key === undefined) return;
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // The browser's storage is full or disabled, so the value only lasts as long as the page.
  }
}

/** The value stored under this name for the signed-in user. */
export function recallForPerson(what: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(keyOf(what) ?? '') ?? 'null');
  } catch {
    return null;
  }
}

/** Calls back when another tab has stored a value. Returns a function that stops this. */
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
