import {
  freezeMetadata,
  instant,
  placeInAppend,
  position,
  ReceiptExists,
  revision,
  RevisionConflict,
  toJsonObject,
  type Append,
  type Clock,
  type ExpectedRevision,
  type NewEvent,
  type RecordedEvent,
} from '@login-policy/event-sourcing';
import { storedName, storedText, type StoredName } from './names.js';

/** An append that was looked at before it waits for its turn: what can't be kept is refused before others depend on it. */
export interface PreparedAppend {
  readonly append: Append;
  readonly events: readonly NewEvent[];
  readonly stream: StoredName;
  /** The name of the receipt's key, if there is a receipt. */
  readonly key: string | undefined;
  /** The events as their columns hold them. */
  readonly stored: readonly StoredEvent[];
  /** Characters of text in them. */
  readonly size: number;
}

/** How one append of a group ended. */
export type Outcome = { readonly recorded: readonly RecordedEvent[] } | { readonly refused: unknown };

/** Where the server put an append. */
export interface Placed {
  readonly position: bigint;
  readonly revision: bigint;
  readonly recordedAt: number;
}

/** The columns of an event that the append brings along. */
export interface StoredEvent {
  readonly id: string;
  readonly type: string;
  readonly version: number;
  readonly data: string;
  readonly metadata: string;
}

const LARGEST_REVISION = 2n ** 63n - 1n;

/**
 * Copies and checks what an append holds.
 *
 * @throws RangeError for no events without a receipt.
 * @throws UnserialisableData for what JSON or Unicode text can't hold.
 */
export function prepareAppend(append: Append): PreparedAppend {
  if (append.events.length === 0 && append.receipt === undefined) {
    throw new RangeError('an append has at least one event');
  }
  const events = append.events.map(frozen);
  const stream = storedName(append.streamId);
  const key = append.receipt === undefined ? undefined : storedName(append.receipt.key).name;
  const stored = events.map(storedEvent);
  const size = stored.reduce((sum, { data, metadata }) => sum + data.length + metadata.length, 0);
  return { append, events, stored, size, stream, key };
}

/** The argument of `append_events`. */
export function batchJson(batch: readonly PreparedAppend[], clock: Clock): string {
  return JSON.stringify(
    batch.map(({ append: { expected, receipt }, stream, key, stored }) => ({
      stream: stream.name,
      whole: stream.whole,
      expected: expectationNumber(expected).toString(),
      at: clock(),
      count: stored.length,
      key,
      fingerprint: receipt === undefined ? undefined : storedText(receipt.fingerprint),
      events: stored,
    })),
  );
}

/** What `append_events` answered, append by append. */
export function outcomesOf(batch: readonly PreparedAppend[], answer: string): readonly Outcome[] {
  const answers = partsOf(JSON.parse(answer));
  if (answers.length !== batch.length) throw new TypeError('append_events answered otherwise');
  return batch.map((one, index) => outcomeOf(one, answers[index]));
}

/** The events of an append, each in its place. */
export function recordedEvents({ append, events }: PreparedAppend, placed: Placed): readonly RecordedEvent[] {
  const { streamId } = append;
  const recordedAt = instant(placed.recordedAt);
  const recorded = events.map((event, index) => {
    const place = placeInAppend(index, events.length);
    return Object.freeze({
      ...event,
      streamId,
      revision: revision(placed.revision + BigInt(index)),
      position: position(placed.position + BigInt(index)),
      recordedAt,
      ...(place !== undefined && { append: place }),
    });
  });
  return Object.freeze(recorded);
}

/** The refusal of an append whose stream is somewhere else; `actual` as the server writes it. */
export function conflictOf({ append }: PreparedAppend, actual: bigint | undefined): RevisionConflict {
  const { streamId, expected } = append;
  return new RevisionConflict({ streamId, expected, actual: actual === undefined ? undefined : revision(actual) });
}

/** The refusal of an append whose receipt is there. */
export function receiptExistsOf({ append }: PreparedAppend): ReceiptExists {
  return new ReceiptExists({ streamId: append.streamId, key: append.receipt?.key ?? '' });
}

/** The refusal of a receipt without events for a stream without events. */
export function noStreamOf({ append }: PreparedAppend): RangeError {
  return new RangeError(`a receipt without events needs a stream with events, and ${append.streamId} has none`);
}

function outcomeOf(one: PreparedAppend, answer: unknown): Outcome {
  const [kind, ...facts] = partsOf(answer);
  const [first, second, third] = facts.map((fact) => (typeof fact === 'string' ? fact : undefined));
  if (kind === 'ok' && first !== undefined && second !== undefined) {
    const placed = { position: BigInt(first), revision: BigInt(second), recordedAt: Number(third) };
    return { recorded: recordedEvents(one, placed) };
  }
  if (kind === 'conflict') return { refused: conflictOf(one, first === undefined ? undefined : BigInt(first)) };
  if (kind === 'receipt') return { refused: receiptExistsOf(one) };
  return { refused: noStreamOf(one) };
}

/** The parts of what was parsed; none when it is no array. */
export function partsOf(parsed: unknown): readonly unknown[] {
  return Array.isArray(parsed) ? parsed : [];
}

function expectationNumber(expected: ExpectedRevision): bigint {
  switch (expected) {
    case 'no-stream':
      return -1n;
    case 'stream-exists':
      return -2n;
    case 'any':
      return -3n;
    default:
      return expected > LARGEST_REVISION ? LARGEST_REVISION : expected;
  }
}

function frozen({ id, type, schemaVersion, data, metadata }: NewEvent): NewEvent {
  return Object.freeze({ id, type, schemaVersion, data: toJsonObject(data), metadata: freezeMetadata(metadata) });
}

function storedEvent({ id, type, schemaVersion, data, metadata }: NewEvent): StoredEvent {
  const kept = { data: JSON.stringify(data), metadata: JSON.stringify(metadata) };
  return { id, type: storedText(type), version: schemaVersion, ...kept };
}
