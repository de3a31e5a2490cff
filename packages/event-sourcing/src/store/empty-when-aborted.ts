import { isFault } from '../is-fault.js';
import type { Reader } from './feed.js';

/**
 * Wraps a reader: a read that its signal has ended returns no events instead of an error, because its caller has left.
 */
export function emptyWhenAborted(read: Reader, signal: AbortSignal | undefined): Reader {
  return async (after) => {
    try {
      return await read(after);
    } catch (caught) {
      if (signal?.aborted !== true || !isFault(caught, 'deadline-exceeded')) throw caught;
      return { events: [], scannedUpTo: after, reachedHead: true };
    }
  };
}
