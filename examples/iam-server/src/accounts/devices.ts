import { createHmac, timingSafeEqual } from 'node:crypto';
import { newToken } from './machine-tokens.js';
import { passwordOf, type Account } from './people.js';

/** The lifetime of the cookie that marks a known browser. The token itself does not expire. */
export const DEVICE_SECONDS = 31_536_000;

/**
 * The token of a browser that a user has signed in with. It reveals nothing, grants no access, and is valid for this
 * user until their password changes, because it is signed with the stored password hash.
 */
export function newDeviceToken(account: Account): string {
  const id = newToken();
  return `${id}.${signature(id, account)}`;
}

/** The id of a browser that the user has signed in with before; `undefined` for any other. */
export function knownDevice(cookie: string | undefined, account: Account | undefined): string | undefined {
  const [id = '', signed = ''] = cookie?.split('.') ?? [];
  if (account === undefined || id === '') return undefined;
  const [given, right] = [Buffer.from(signed), Buffer.from(signature(id, account))];
  return given.length === right.length && timingSafeEqual(given, right) ? id : undefined;
}

function signature(id: string, account: Account): string {
  return createHmac('sha256', passwordOf(account)?.secret ?? '')
    .update(`device ${account.user.id} ${id}`)
    .digest('base64url');
}
