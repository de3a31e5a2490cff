import { hash } from 'node:crypto';
import { badHeader } from '../errors/refusals.js';

/** The characters a header can hold, without control characters. */
const VALID = /^[\x20-\x7e\xa0-\xff]{1,200}$/;

/**
 * The key that a command is recorded under. It includes the caller's id: otherwise a caller who guessed another's
 * `Idempotency-Key` would get the answer to a change that they did not make.
 *
 * @throws ApiError for a malformed key.
 */
export function recordedKey(actor: string, key: string): string {
  if (!VALID.test(key)) throw badHeader('Idempotency-Key', '1 to 200 characters, none of them a control character');
  return hash('sha256', JSON.stringify([actor, key]), 'base64url');
}
