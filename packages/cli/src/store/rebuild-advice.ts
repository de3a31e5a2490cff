import { isFault } from '@login-policy/event-sourcing';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';

/** Replaces the error for missing or lagging rows by one that advises a rebuild. Returns any other error unchanged. */
export function withRebuildAdvice(caught: unknown): unknown {
  if (!isFault(caught, 'store-foreign') || !caught.message.includes('read-only')) return caught;
  const message = 'The read model of this store is missing or lagging. Run login-policy rebuild.';
  return new Failure(EXIT.store, message, { cause: caught });
}
