import { isFault } from '../is-fault.js';
import type { Reader } from './feed.js';

/** Turns a look that its signal ended into an empty one, because nobody waits for it any more. */
export function quietly(look: Reader, signal: AbortSignal | undefined): Reader {
  return async (after) => {
    try {
      return await look(after);
    } catch (caught) {
      if (signal?.aborted !== true || !isFault(caught, 'deadline-exceeded')) throw caught;
      return { events: [], scannedUpTo: after, reachedHead: true };
    }
  };
}
