import { createHmac, timingSafeEqual } from 'node:crypto';
import type { User } from '../data/iam-facts.js';
import { newToken } from './machine-tokens.js';

/** How long a browser is known after a sign-in. */
export const DEVICE_SECONDS = 31_536_000;

/**
 * What a browser keeps once a user was signed in with it. It says nothing of them, opens nothing, and counts for this user until
 * their password is another one: it is signed with what is kept of the password.
 */
export function deviceOf(user: User): string {
  const id = newToken();
  return `${id}.${signature(id, user)}`;
}

/** The id of a browser that a user was signed in with before; `undefined` for every other. */
export function knownDevice(cookie: string | undefined, user: User | undefined): string | undefined {
  const [id = '', signed = ''] = cookie?.split('.') ?? [];
  if (user === undefined || id === '') return undefined;
  const [given, right] = [Buffer.from(signed), Buffer.from(signature(id, user))];
  return given.length === right.length && timingSafeEqual(given, right) ? id : undefined;
}

function signature(id: string, { passwordHash }: User): string {
  return createHmac('sha256', passwordHash).update(`device ${id}`).digest('base64url');
}
