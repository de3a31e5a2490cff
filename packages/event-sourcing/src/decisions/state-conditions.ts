import type { CommandContext, PreconditionFailed } from './command-context.js';
import { reject, type Decision } from './decision.js';
import type { StateAt } from './state-at.js';

/** The conditions of a command on its stream: the state by which the caller decided. */
export type StateConditions = Pick<CommandContext, 'ifEventId' | 'ifRevision'>;

/** The refusal of a command whose stream is not in the state that the caller expects; `undefined` if it is. */
export function unmetCondition(
  { ifEventId, ifRevision }: StateConditions,
  { eventId, revision }: Pick<StateAt<unknown>, 'eventId' | 'revision'>,
): Decision<never, PreconditionFailed> | undefined {
  if (ifRevision !== undefined && ifRevision !== (revision ?? 'no-stream'))
    return reject({ reason: 'revision-not-current', expected: ifRevision, actual: revision });
  if (ifEventId === undefined || ifEventId === eventId) return undefined;
  return reject({ reason: 'event-not-current', expected: ifEventId, actual: eventId });
}
