import { UnserialisableData } from '../event-faults.js';
import { isEventId } from '../ids.js';
import type { Append } from '../streams/event-store.js';
import type { EventMetadata, NewEvent } from '../streams/event.js';
import { toJsonObject } from '../streams/json.js';
import { freezeMetadata } from '../streams/recording.js';

/** The largest schema version there can be; the smallest is 1. */
export const LARGEST_SCHEMA_VERSION = 65_535;

/** The most events there can be in one append. */
export const LARGEST_APPEND = 65_535;

/** An append that was checked, with the JSON of its events: what a store of text keeps. */
export interface EncodedAppend extends Append {
  /** Of each event, in their order. */
  readonly texts: readonly EventText[];
  /** Characters in all of them together. */
  readonly size: number;
}

/** The JSON of an event's content. */
export interface EventText {
  readonly data: string;
  readonly metadata: string;
}

/**
 * Takes only what every store can keep and give back, copied and frozen: whatever its caller does with the objects afterwards. To be
 * called before an append waits for its turn, so that what can't be written is refused alone.
 *
 * @throws UnserialisableData naming the member: what JSON or Unicode text can't hold, an id that is not a ULID, a type that is
 *   empty or begins with `$`, a schema version that is not a whole number from 1 to 65,535.
 * @throws RangeError for no events without a receipt, or over 65,535 events.
 */
export function checkedAppend(append: Append): Append {
  const { streamId, events, receipt } = append;
  if (events.length === 0 && receipt === undefined) throw new RangeError('an append has at least one event');
  if (events.length > LARGEST_APPEND) throw new RangeError(`an append has at most ${LARGEST_APPEND} events`);
  demandText('streamId', streamId);
  if (receipt === undefined) return { ...append, events: events.map(checkedEvent) };
  demandText('receipt.key', receipt.key);
  demandText('receipt.fingerprint', receipt.fingerprint);
  const kept = Object.freeze({ key: receipt.key, fingerprint: receipt.fingerprint });
  return { ...append, events: events.map(checkedEvent), receipt: kept };
}

/** {@link checkedAppend} for a store that keeps text. */
export function encodedAppend(append: Append): EncodedAppend {
  const checked = checkedAppend(append);
  const texts: EventText[] = [];
  let size = 0;
  let shared: { readonly metadata: EventMetadata; readonly text: string } | undefined;
  for (const { data, metadata } of checked.events) {
    // The events of one command have one and the same.
    if (shared?.metadata !== metadata) shared = { metadata, text: JSON.stringify(metadata) };
    const text = { data: JSON.stringify(data), metadata: shared.text };
    texts.push(text);
    size += text.data.length + text.metadata.length;
  }
  return { ...checked, texts, size };
}

function checkedEvent({ id, type, schemaVersion, data, metadata }: NewEvent): NewEvent {
  demandText('type', type);
  if (type === '' || type.startsWith('$')) throw refused('type', 'a type is not empty and does not begin with $');
  if (!Number.isInteger(schemaVersion) || schemaVersion < 1 || schemaVersion > LARGEST_SCHEMA_VERSION) {
    throw refused('schemaVersion', `a whole number from 1 to ${LARGEST_SCHEMA_VERSION} is one, not ${schemaVersion}`);
  }
  if (!isEventId(id)) throw refused('id', 'an event id is a ULID');
  return Object.freeze({ id, type, schemaVersion, data: toJsonObject(data), metadata: checkedMetadata(metadata) });
}

function checkedMetadata(metadata: EventMetadata): EventMetadata {
  if (typeof metadata !== 'object' || metadata === null) throw refused('metadata', 'it is not an object');
  const frozen = freezeMetadata(metadata);
  demandText('metadata.actor', frozen.actor);
  demandText('metadata.correlationId', frozen.correlationId);
  if (frozen.causationId !== undefined) demandText('metadata.causationId', frozen.causationId);
  if (frozen.idempotencyKey !== undefined) demandText('metadata.idempotencyKey', frozen.idempotencyKey);
  if (frozen.reason !== undefined) demandText('metadata.reason', frozen.reason);
  return frozen;
}

function demandText(member: string, value: unknown): void {
  if (typeof value === 'string' && value.isWellFormed()) return;
  throw refused(member, typeof value === 'string' ? 'a lone surrogate is not Unicode text' : 'it is not text');
}

function refused(member: string, problem: string): UnserialisableData {
  return new UnserialisableData({ path: `$.${member}`, problem });
}
