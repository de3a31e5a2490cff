import { hash, randomBytes } from 'node:crypto';

/** A token nobody can guess, to be shown once. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** What is kept of a token. It holds 256 random bits, so that a plain hash can't be turned back. */
export function digestOf(token: string): string {
  return hash('sha256', token, 'base64url');
}
