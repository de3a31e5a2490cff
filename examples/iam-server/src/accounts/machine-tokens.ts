import { hash, randomBytes } from 'node:crypto';

/** A random token, which is shown once. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** The stored form of a token. It has 256 random bits, so a plain hash can't be reversed. */
export function digestOf(token: string): string {
  return hash('sha256', token, 'base64url');
}
