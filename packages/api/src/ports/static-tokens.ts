import { hash } from 'node:crypto';
import { InvalidValue } from '@login-policy/domain/model';
import { parseCaller } from './answers.js';
import { bearerToken } from './bearer.js';
import type { Caller } from './caller.js';
import type { RequestHeaders } from './ports.js';

const CALLER = 'the caller of a static token';

/**
 * Authenticates callers by fixed tokens, such as personal access tokens.
 *
 * Tokens are compared by their SHA-256, so that the time of a comparison reveals nothing.
 *
 * @throws RangeError when a token is shorter than 16 characters.
 * @throws InvalidValue for a malformed caller.
 */
export function staticTokens(
  callers: Readonly<Record<string, Caller>>,
): (headers: RequestHeaders) => Caller | undefined {
  if (typeof callers !== 'object' || callers === null) throw new InvalidValue('callers', 'callers by token', callers);
  const byDigest = new Map<string, Caller>();
  for (const [token, caller] of Object.entries(callers)) {
    if (token.length < 16) throw new RangeError('a static token must have at least 16 characters');
    const known = parseCaller(caller, CALLER);
    if (known === undefined) throw new InvalidValue(CALLER, 'a caller', caller);
    byDigest.set(digestOf(token), known);
  }
  return (headers) => {
    const token = bearerToken(headers);
    return token === undefined ? undefined : byDigest.get(digestOf(token));
  };
}

function digestOf(token: string): string {
  return hash('sha256', token, 'base64');
}
