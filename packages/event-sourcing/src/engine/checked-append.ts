import { Fault } from '../values/fault.js';
import { isEventId, type EventId } from '../values/ids.js';
import { demandSignal } from '../values/on-abort.js';
import { shown } from '../values/shown.js';
import { isInstant } from '../values/instant.js';
import { demandOptions, wrong } from '../values/wrong.js';
import type { Append, ExpectedEnd } from '../streams/event-store.js';
import {
  OPTIONAL_METADATA,
  type EventMetadata,
  type NewEvent,
  type RecordedEvent,
  freezeMetadata,
} from '../streams/event.js';
import { toJsonObject, demandText } from '../streams/json.js';
import type { ExpectedRevision } from '../values/revision.js';

/** The largest schema version; the smallest is 1. */
export const LARGEST_SCHEMA_VERSION = 65_535;

/** The most events in one append. */
export const LARGEST_APPEND = 65_535;

/** A checked append with the JSON of its events, for a store that holds text. */
export interface EncodedAppend extends Append {
  /** The texts of the events, in order. */
  readonly texts: readonly EventText[];
  /** The characters of all texts. */
  readonly size: number;
}

/** The JSON of an event's content. */
export interface EventText {
  readonly data: string;
  readonly metadata: string;
}

/**
 * Checks that every store can keep the append and return it unchanged, and copies and freezes it, so that the caller
 * may change its objects afterwards. Call it before the append waits, so that a bad append is refused alone.
 *
 * @throws UnserialisableData that names the member: what JSON or Unicode text can't hold, an id that is not a ULID, a
 * type that is empty or begins with `$`, a schema version that is not a whole number from 1 to 65,535.
 * @throws RangeError for no events without a receipt, over 65,535 events, or an expectation or a signal that is not one.
 */
export function checkedAppend(append: Append): Append {
  demandOptions('an append', append ?? null);
  // By name, because copying own members would drop the conditions that an instance of a class inherits.
  const { streamId, expected, expectedElsewhere, expectedEventId, events, receipt, recordedAt, signal } = append;
  demandText('streamId', streamId);
  demandExpected(expected);
  if (!Array.isArray(events)) throw wrong('events', 'a list of events', events);
  if (events.length === 0 && receipt === undefined)
    throw new RangeError('an append without a receipt must have at least one event');
  if (events.length > LARGEST_APPEND) throw new RangeError(`an append must have at most ${LARGEST_APPEND} events`);
  demandSignal(signal);
  demandOptions('receipt', receipt);
  demandOptions('expectedElsewhere', expectedElsewhere);
  if (expectedEventId !== undefined) demandEventId('expectedEventId', expectedEventId);
  if (recordedAt !== undefined && !isInstant(recordedAt))
    throw wrong('recordedAt', 'whole milliseconds since 1970 in UTC', recordedAt);
  return {
    streamId,
    expected,
    events: checkedEvents(events),
    signal,
    ...(expectedEventId !== undefined && { expectedEventId }),
    ...(expectedElsewhere !== undefined && { expectedElsewhere: checkedEnd(expectedElsewhere) }),
    ...(recordedAt !== undefined && { recordedAt }),
    ...(receipt !== undefined && { receipt: checkedReceipt(receipt) }),
  };
}

/** Without an expectation, an append would pass on an empty stream only. */
function demandExpected(expected: ExpectedRevision): void {
  if (typeof expected === 'bigint' || expected === 'any' || expected === 'no-stream') return;
  throw wrong('expected', 'a revision, any or no-stream', expected);
}

function demandEventId(name: string, id: EventId): void {
  if (!isEventId(id)) throw wrong(name, 'the id of an event or undefined', id);
}

function checkedEnd({ streamId, eventId }: ExpectedEnd): ExpectedEnd {
  demandText('expectedElsewhere.streamId', streamId);
  if (eventId !== undefined) demandEventId('expectedElsewhere.eventId', eventId);
  return Object.freeze({ streamId, eventId });
}

function checkedReceipt({ key, fingerprint }: NonNullable<Append['receipt']>): NonNullable<Append['receipt']> {
  demandText('receipt.key', key);
  demandText('receipt.fingerprint', fingerprint);
  return Object.freeze({ key, fingerprint });
}

/** {@link checkedAppend} for a store that holds text. */
export function encodedAppend(append: Append): EncodedAppend {
  const checked = checkedAppend(append);
  const texts: EventText[] = [];
  let size = 0;
  let shared: { readonly metadata: EventMetadata; readonly text: string } | undefined;
  for (const { data, metadata } of checked.events) {
    if (shared?.metadata !== metadata) shared = { metadata, text: JSON.stringify(metadata) };
    const text = { data: JSON.stringify(data), metadata: shared.text };
    texts.push(text);
    size += text.data.length + text.metadata.length;
  }
  return { ...checked, texts, size };
}

/** The events of one command share one metadata object, before and after the copy. */
function checkedEvents(events: readonly NewEvent[]): readonly NewEvent[] {
  let [given, metadata]: [EventMetadata?, EventMetadata?] = [];
  const checked: NewEvent[] = [];
  for (const event of events) {
    if (typeof event !== 'object' || event === null) throw wrong('events', 'a list of events', event);
    if (metadata === undefined || event.metadata !== given) metadata = checkedMetadata((given = event.metadata));
    checked.push(checkedEvent(event, metadata));
  }
  return checked;
}

/**
 * The metadata, copied and frozen, of an event recorded elsewhere.
 *
 * @throws UnserialisableData when its stream, id, type or metadata is not what a store would have recorded.
 */
export function checkedRecorded({ id, streamId, type, metadata }: RecordedEvent): EventMetadata {
  demandText('streamId', streamId);
  demandNamed(id, type);
  return checkedMetadata(metadata);
}

function demandNamed(id: string, type: string): void {
  demandText('type', type);
  if (type === '' || type.startsWith('$')) throw refused('type', 'a type must not be empty or begin with $');
  if (!isEventId(id)) throw refused('id', 'expected a ULID');
}

function checkedEvent({ id, type, schemaVersion, data }: NewEvent, metadata: EventMetadata): NewEvent {
  demandNamed(id, type);
  if (!Number.isInteger(schemaVersion) || schemaVersion < 1 || schemaVersion > LARGEST_SCHEMA_VERSION) {
    throw refused(
      'schemaVersion',
      `expected a whole number from 1 to ${LARGEST_SCHEMA_VERSION}, got ${shown(schemaVersion)}`,
    );
  }
  return Object.freeze({ id, type, schemaVersion, data: toJsonObject(data), metadata });
}

function checkedMetadata(metadata: EventMetadata): EventMetadata {
  if (typeof metadata !== 'object' || metadata === null) throw refused('metadata', 'expected an object');
  const frozen = freezeMetadata(metadata);
  demandText('metadata.actor', frozen.actor);
  demandText('metadata.correlationId', frozen.correlationId);
  for (const name of OPTIONAL_METADATA) if (frozen[name] !== undefined) demandText(`metadata.${name}`, frozen[name]);
  return frozen;
}

function refused(member: string, problem: string): Fault<'unserialisable-data'> {
  return new Fault('unserialisable-data', { path: `$.${member}`, problem });
}
