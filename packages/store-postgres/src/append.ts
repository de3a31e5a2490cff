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

/** What a receipt is known by. */
export function receiptName(stream: string, key: string): string {
  return JSON.stringify([stream, key]);
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

/** The parts of what was parsed; none when it is no array. */
export function partsOf(parsed: unknown): readonly unknown[] {
  return Array.isArray(parsed) ? parsed : [];
}

function frozen({ id, type, schemaVersion, data, metadata }: NewEvent): NewEvent {
  return Object.freeze({ id, type, schemaVersion, data: toJsonObject(data), metadata: freezeMetadata(metadata) });
}

function storedEvent({ id, type, schemaVersion, data, metadata }: NewEvent): StoredEvent {
  const kept = { data: JSON.stringify(data), metadata: JSON.stringify(metadata) };
  return { id, type: storedText(type), version: schemaVersion, ...kept };
}
