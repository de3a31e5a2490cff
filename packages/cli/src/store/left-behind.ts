import { isFault } from '@login-policy/event-sourcing';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';

/** Rows that are not there, or were left behind by a program that does not keep them, can't be made by who only looks: said with what to do. */
export function leftBehind(caught: unknown): unknown {
  if (!isFault(caught, 'store-foreign') || !caught.message.includes('read only')) return caught;
  const message = 'The read model of this store is not there, or was left behind: login-policy rebuild makes it.';
  return new Failure(EXIT.store, message, { cause: caught });
}
