import { isFault } from '../is-fault.js';
import type { FaultCode } from '../fault.js';

const LEFT: ReadonlySet<FaultCode> = new Set([
  'deadline-exceeded',
  'projection-stopped',
  'rebuild-superseded',
  'store-damaged',
  'unreadable-event',
  'written-by-newer-program',
]);

/**
 * What a rebuild could not do is left to whoever goes step by step: they get up to the event that can't be read or reduced, and do
 * what somebody else began at the same time, since that one may be gone, or have given up. Throws what no step could mend.
 */
export function leaveToSteps(caught: unknown): void {
  if (!isFault(caught) || !LEFT.has(caught.code)) throw caught;
}
