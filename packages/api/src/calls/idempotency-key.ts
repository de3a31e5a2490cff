import { hash } from 'node:crypto';
import { badHeader } from '../errors/refusals.js';

/** What a header can hold, without its control characters. */
const FIT = /^[\x20-\x7e\xa0-\xff]{1,200}$/;

/**
 * The key a command is recorded under: a caller's `Idempotency-Key` belongs to that caller alone, or a caller who chose, heard or
 * guessed the key of another would be answered for a change that they never made.
 *
 * @throws ApiError for a key that is not of its form.
 */
export function recordedKey(actor: string, given: string): string {
  if (!FIT.test(given)) throw badHeader('Idempotency-Key', '1 to 200 characters, none of them a control character');
  return hash('sha256', JSON.stringify([actor, given]), 'base64url');
}
