import { signal, type ReadonlySignal } from '@preact/signals';
import { onSignedOut } from '../wire/request.js';
import type { Scope } from '../wire/scope.js';
import { readSession, signIn, signInByPasskey, signOut, type Credentials, type Session } from '../wire/session.js';
import { dismissAll, say } from './notices.js';

const current = signal<Session | 'asking' | undefined>('asking');
let isLeaving = false;

/** The session: `asking` until the server has answered, `undefined` when nobody is signed in. */
export const session: ReadonlySignal<Session | 'asking' | undefined> = current;

/** Asks the server for the session. */
export async function askWhoIsThere(): Promise<void> {
  onSignedOut(tellEnd);
  try {
    current.value = await readSession();
  } catch (caught) {
    current.value = undefined;
    throw caught;
  }
}

function tellEnd(): void {
  if (current.value === undefined || isLeaving) return;
  current.value = undefined;
  dismissAll();
  say('failure', 'Your session has ended. Sign in again to go on; what you began is kept.');
}

/** Checks whether the session still exists and is the same. */
export async function askWhetherItGoesOn(): Promise<void> {
  const found = await readSession();
  if (found === undefined) tellEnd();
  else if (found.userId !== signedIn()?.userId) {
    // First nobody, so that nothing of the user before stays.
    current.value = undefined;
    current.value = found;
    say('elsewhere', `${found.userName} signed in on another tab, and is signed in here, too.`);
  }
}

/** Signs in with credentials or a passkey. @throws Refused */
export async function enter(given: Credentials | 'passkey'): Promise<void> {
  const opened = await (given === 'passkey' ? signInByPasskey() : signIn(given));
  dismissAll();
  current.value = opened;
}

/** Signs out. */
export async function leave(): Promise<void> {
  isLeaving = true;
  try {
    await signOut();
    dismissAll();
    current.value = undefined;
  } finally {
    isLeaving = false;
  }
}

/** The session; `undefined` when nobody is signed in. */
export function signedIn(): Session | undefined {
  return current.value === 'asking' ? undefined : current.value;
}

/** Whether the user may change a policy. */
export function mayWrite(scope: Scope): boolean {
  const permission = scope.of === 'instance' ? 'iam.policy.write' : 'policy.write';
  return signedIn()?.permissions.includes(permission) ?? false;
}

/** Whether the user may read who the users are. */
export function mayReadUsers(): boolean {
  return signedIn()?.permissions.includes('user.read') ?? false;
}

/** Whether the user may carry out at once, in an emergency, what others have to approve. */
export function mayInEmergency(scope: Scope): boolean {
  const permission = scope.of === 'instance' ? 'iam.policy.emergency' : 'policy.emergency';
  return signedIn()?.permissions.includes(permission) ?? false;
}

/** Whether the user may remove an organization's custom policy. */
export function mayReset(): boolean {
  return signedIn()?.permissions.includes('policy.delete') ?? false;
}
