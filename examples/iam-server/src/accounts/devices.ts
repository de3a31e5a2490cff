import { createHmac, timingSafeEqual } from 'node:crypto';
import type { User } from '../data/iam-facts.js';
import { newToken } from './machine-tokens.js';

/** The lifetime of the cookie that marks a known browser. The token itself does not expire. */
export const DEVICE_SECONDS = 31_536_000;

/**
 * The token of a browser that a user has signed in with. It reveals nothing, grants no access, and is valid for this
 * user until their password changes, because it is signed with the stored password hash.
 */
export function newDeviceToken(user: User): string {
  const id = newToken();
  return `${id}.${signature(id, user)}`;
}

/** The id of a browser that the user has signed in with before; `undefined` for any other. */
export function knownDevice(cookie: string | undefined, user: User | undefined): string | undefined {
  const [id = '', signed = ''] = cookie?.split('.') ?? [];
  if (user === undefined || id === '') return undefined;
  const [given, right] = [Buffer.from(signed), Buffer.from(signature(id, user))];
  return given.length === right.length && timingSafeEqual(given, right) ? id : undefined;
}

function signature(id: string, { passwordHash }: User): string {
  return createHmac('sha256', passwordHash).update(`device ${id}`).digest('base64url');
}
