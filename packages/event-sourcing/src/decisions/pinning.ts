import type { CommandContext, PreconditionFailed } from './command-context.js';
import { reject, type Decision } from './decision.js';
import type { StateAt } from './state-at.js';

/** The state of the stream that a caller decided by. */
export type Pinning = Pick<CommandContext, 'ifEventId' | 'ifRevision'>;

/** Refuses a caller who decided by another state than the stream's current one; `undefined` when it is the same. */
export function pinned(
  { ifEventId, ifRevision }: Pinning,
  { eventId, revision }: Pick<StateAt<unknown>, 'eventId' | 'revision'>,
): Decision<never, PreconditionFailed> | undefined {
  if (ifRevision !== undefined && ifRevision !== (revision ?? 'no-stream'))
    return reject({ reason: 'revision-not-current', expected: ifRevision, actual: revision });
  if (ifEventId === undefined || ifEventId === eventId) return undefined;
  return reject({ reason: 'event-not-current', expected: ifEventId, actual: eventId });
}
