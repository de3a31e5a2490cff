import { isFault } from '../is-fault.js';
import type { Reader } from './feed.js';

/** Returns an empty result for a look-up that its signal ended, because the caller no longer waits. */
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
