import type { Deadline } from '../values/deadline.js';
import { Fault } from '../values/fault.js';
import type { Append, ExpectedEnd, Receipt } from '../streams/event-store.js';
import { type EventShape, type NewEvent, type Recorded, type EventMetadata, freezeMetadata } from '../streams/event.js';
import type { StreamId } from '../values/stream-id.js';
import type { CommandContext, Handled, PreconditionFailed } from './command-context.js';
import { fingerprint } from './fingerprint.js';
import { reject, type Decision } from './decider.js';
import type { StateAt } from './state-at.js';
import type { IdSource } from '../values/ids.js';
import type { EventCodec } from '../streams/event-codec.js';

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

/** What new events are made with. */
export interface Preparation<Event extends EventShape> {
  readonly codec: EventCodec<Event>;
  readonly ids: IdSource;
  readonly context: CommandContext;
  readonly salts: SaltSource;
}

/** Prepares decided events for an append: encodes them, gives them ids, and adds the same metadata to each. */
export function newEvents<Event extends EventShape>(
  decided: readonly Event[],
  { codec, context, ids, salts }: Preparation<Event>,
): readonly NewEvent[] {
  const ready: NewEvent[] = [];
  let metadata: EventMetadata | undefined;
  for (const event of decided) {
    const id = ids();
    const { type, schemaVersion, data } = codec.encode(event);
    if (metadata === undefined) {
      const { actor, correlationId = id, causationId, idempotencyKey, reason } = context;
      const salted = { actorSalt: salts(), reasonSalt: salts() };
      metadata = freezeMetadata({ actor, correlationId, causationId, idempotencyKey, reason, ...salted });
    }
    ready.push({ id, type, schemaVersion, data, metadata });
  }
  return ready;
}

/** Returns a new salt at every call: 16 random bytes in base64url, 22 characters. */
export type SaltSource = () => string;

const BYTES = 16;
const CHARACTERS = 22;
/** Base64 turns three bytes into four characters, so each salt is filled up to 18 bytes, and 24 characters. */
const [FILLED_BYTES, FILLED_CHARACTERS] = [18, 24] as const;
/** Many are drawn and encoded at a time, which is faster. */
const DRAWN = 64;

/** Salts from the platform's cryptographic source. */
export function randomSalts(): SaltSource {
  let [drawn, used] = ['', 0];
  return () => {
    if (used === drawn.length) [drawn, used] = [drawSalts(), 0];
    const salt = drawn.slice(used, used + CHARACTERS);
    used += FILLED_CHARACTERS;
    return salt;
  };
}

function drawSalts(): string {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(DRAWN * FILLED_BYTES));
  for (let from = 0; from < bytes.length; from += FILLED_BYTES) bytes.fill(0, from + BYTES, from + FILLED_BYTES);
  let binary = '';
  // Twice as fast as spreading the bytes.
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_');
}
