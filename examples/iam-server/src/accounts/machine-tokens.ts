import { hash, randomBytes } from 'node:crypto';
import { bearerToken, type RequestHeaders } from '@login-policy/api';
import type { Machine } from '../data/iam-facts.js';

/** A token nobody can guess, to be shown once. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** What is kept of a token. It holds 256 random bits, so that a plain hash can't be turned back. */
export function digestOf(token: string): string {
  return hash('sha256', token, 'base64url');
}

/** Recognises machines by their tokens, of which only the digests are known. */
export function machineTokens(machines: readonly Machine[]): (headers: RequestHeaders) => Machine | undefined {
  const byDigest = new Map(machines.map((machine) => [machine.tokenDigest, machine]));
  return (headers) => {
    const token = bearerToken(headers);
    return token === undefined ? undefined : byDigest.get(digestOf(token));
  };
}
