import type { Deadline } from '../values/deadline.js';
import { Fault } from '../values/fault.js';
import type { Append, ExpectedEnd, Receipt } from '../streams/event-store.js';
import type { EventShape, NewEvent, Recorded } from '../streams/event.js';
import type { StreamId } from '../values/stream-id.js';
import type { CommandContext, Handled } from './command-context.js';
import { fingerprint } from './fingerprint.js';
import type { StateAt } from './state-at.js';

/** One command in progress. */
export interface Task<Command, Context = CommandContext> {
  readonly streamId: StreamId;
  readonly command: Command;
  readonly context: Context;
  readonly deadline: Deadline;
}

/** A command that is ready to be decided. */
export interface ReadyTask<Command, Facts> extends Task<Command> {
  readonly facts: Facts | undefined;
}

/** A state, and whether it was just compared with the stream. Only then may it refuse (docs/guarantees.md). */
export interface ComparedState<State> extends StateAt<State> {
  readonly isCompared: boolean;
}

/** The answer to an accepted command. */
export function accepted<Event extends EventShape, State>(
  { state, revision, position }: StateAt<State>,
  events: readonly Recorded<Event>[],
): Extract<Handled<Event, State, never>, { outcome: 'accepted' }> {
  return { outcome: 'accepted', state, revision, position, events, isRepeated: false };
}

/** The append of a decision by that state. */
export function appendOf<Command extends object>(
  { streamId, command, context: { idempotencyKey: key }, deadline }: Task<Command>,
  { revision, eventId }: StateAt<unknown>,
  { events, given }: { readonly events: readonly NewEvent[]; readonly given: ExpectedEnd | undefined },
): Append {
  return {
    streamId,
    expected: revision ?? 'no-stream',
    ...(eventId !== undefined && { expectedEventId: eventId }),
    ...(given !== undefined && { expectedElsewhere: given }),
    events,
    ...(key !== undefined && { receipt: { key, fingerprint: fingerprint(command) } }),
    signal: deadline.signal,
  };
}

/** The stream lacks the event of a receipt, so its command is not recorded any more. */
export function eventLost(streamId: StreamId, { key, revision }: Receipt): Fault<'store-damaged'> {
  const problem = `its receipt ${JSON.stringify(key)} names revision ${revision}, which it lacks`;
  return new Fault('store-damaged', { store: `the stream ${streamId}`, problem });
}
