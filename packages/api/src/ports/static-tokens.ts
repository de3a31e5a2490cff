import { hash } from 'node:crypto';
import { bearerToken } from './bearer.js';
import type { Caller } from './caller.js';
import type { RequestHeaders } from './ports.js';

/**
 * Recognises callers by tokens that never change, like personal access tokens.
 *
 * Tokens are compared by their SHA-256, so the time a wrong one takes says nothing about a right one.
 *
 * @throws RangeError when a token is shorter than 16 characters.
 */
export function staticTokens(
  callers: Readonly<Record<string, Caller>>,
): (headers: RequestHeaders) => Caller | undefined {
  const byDigest = new Map<string, Caller>();
  for (const [token, caller] of Object.entries(callers)) {
    if (token.length < 16) throw new RangeError('a static token has at least 16 characters');
    byDigest.set(digestOf(token), caller);
  }
  return (headers) => {
    const token = bearerToken(headers);
    return token === undefined ? undefined : byDigest.get(digestOf(token));
  };
}

function digestOf(token: string): string {
  return hash('sha256', token, 'base64');
}
