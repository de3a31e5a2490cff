import {
  eventId,
  type EventMetadata,
  type Instant,
  instantToIso,
  type JsonObject,
  parseInstant,
  parsePosition,
  parseStreamId,
  type Position,
  positionToString,
  type RecordedEvent,
  revision,
  type Revision,
  toJsonObject,
} from '@login-policy/event-sourcing';
import { OPTIONAL_METADATA } from '@login-policy/event-sourcing/store';
import { InvalidHistory } from './invalid-history.js';

type Field = Exclude<keyof RecordedEvent, 'append'>;
type FieldParsers = { readonly [Name in Field]: (value: unknown) => RecordedEvent[Name] };

const PARSERS: FieldParsers = {
  id: (value) => eventId(parseText(value)),
  streamId: (value) => parseStreamId(parseText(value)),
  revision: parseRevision,
  position: parsePositionText,
  recordedAt: parseRecordedAt,
  type: parseName,
  schemaVersion: parseSchemaVersion,
  data: parseObject,
  metadata: parseMetadata,
};

const REQUIRED_METADATA = ['actor', 'correlationId'];
const DIGITS = /^(?:0|[1-9]\d*)$/;

/** Formats one recorded event as one line, without a line break. {@link parseHistoryLine} is its exact inverse. */
export function writeHistoryLine(event: RecordedEvent): string {
  const { id, streamId, type, schemaVersion, data, metadata } = event;
  return JSON.stringify({
    id,
    streamId,
    revision: event.revision.toString(),
    position: positionToString(event.position),
    recordedAt: instantToIso(event.recordedAt),
    type,
    schemaVersion,
    data,
    metadata,
    append: event.append,
  });
}

/**
 * Parses one line. Unknown and missing fields are refused.
 *
 * @throws InvalidHistory that names the line and the field.
 */
export function parseHistoryLine(text: string, line: number): RecordedEvent {
  const fields = parseField({ line, field: 'line' }, () =>
    withExactly(parseLine(text), Object.keys(PARSERS), ['append']),
  );
  const read = <Name extends Field>(field: Name): RecordedEvent[Name] =>
    parseField({ line, field }, () => PARSERS[field](fields[field]));
  const append = parseField({ line, field: 'append' }, () => parseAppend(fields['append']));
  return {
    id: read('id'),
    streamId: read('streamId'),
    revision: read('revision'),
    position: read('position'),
    recordedAt: read('recordedAt'),
    type: read('type'),
    schemaVersion: read('schemaVersion'),
    data: read('data'),
    metadata: read('metadata'),
    ...(append !== undefined && { append }),
  };
}

function parseField<Value>(place: { readonly line: number; readonly field: string }, parse: () => Value): Value {
  try {
    return parse();
  } catch (cause) {
    throw new InvalidHistory({ ...place, problem: cause instanceof Error ? cause.message : String(cause) }, cause);
  }
}

function parseLine(text: string): JsonObject {
  const value: unknown = JSON.parse(text);
  if (isPlainObject(value)) return value;
  throw new TypeError(`expected one JSON object, got ${shorten(text)}`);
}

function withExactly(object: JsonObject, required: readonly string[], optional: readonly string[]): JsonObject {
  const unknown = Object.keys(object).find((key) => !required.includes(key) && !optional.includes(key));
  if (unknown !== undefined) throw new TypeError(`the field ${JSON.stringify(unknown)} is unknown`);
  const missing = required.find((key) => !Object.hasOwn(object, key));
  if (missing !== undefined) throw new TypeError(`the field ${JSON.stringify(missing)} is missing`);
  return object;
}

function parseText(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`expected text, got ${shorten(value)}`);
  if (!value.isWellFormed()) throw new TypeError('a lone surrogate is not Unicode text');
  return value;
}

function parseName(value: unknown): string {
  const text = parseText(value);
  if (text === '') throw new TypeError('expected a name, got an empty text');
  return text;
}

function parseRevision(value: unknown): Revision {
  return revision(BigInt(parseDigits(value)));
}

function parsePositionText(value: unknown): Position {
  return parsePosition(parseDigits(value));
}

function parseDigits(value: unknown): string {
  if (typeof value === 'string' && DIGITS.test(value)) return value;
  throw new TypeError(`expected decimal digits in quotes, got ${shorten(value)}`);
}

function parseRecordedAt(value: unknown): Instant {
  const text = parseText(value);
  const recordedAt = parseInstant(text);
  if (instantToIso(recordedAt) === text) return recordedAt;
  throw new TypeError(`expected UTC with milliseconds, as in ${instantToIso(recordedAt)}, got ${shorten(text)}`);
}

function parseSchemaVersion(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return value;
  throw new TypeError(`expected a whole number of 1 or more, got ${shorten(value)}`);
}

/** Older histories lack the place of an event in its append. */
function parseAppend(value: unknown): RecordedEvent['append'] {
  if (value === undefined) return undefined;
  const { place, count } = withExactly(parseObject(value), ['place', 'count'], []);
  if (isWhole(place) && isWhole(count) && place <= count && count > 1) return { place, count };
  throw new TypeError(`expected a place such as 1 of 2, got ${shorten(value)}`);
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;
}

function parseObject(value: unknown): JsonObject {
  if (isPlainObject(value)) return toJsonObject(value);
  throw new TypeError(`expected a JSON object, got ${shorten(value)}`);
}

function parseMetadata(value: unknown): EventMetadata {
  const fields = withExactly(parseObject(value), REQUIRED_METADATA, OPTIONAL_METADATA);
  const read = (key: string): string => metadataText(key, fields[key]);
  const present = OPTIONAL_METADATA.filter((key) => Object.hasOwn(fields, key)).map((key) => [key, read(key)] as const);
  return { actor: read('actor'), correlationId: read('correlationId'), ...Object.fromEntries(present) };
}

function metadataText(key: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw new TypeError(`${key} must be text, not ${shorten(value)}`);
}

function isPlainObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shorten(value: unknown): string {
  return String(JSON.stringify(value)).slice(0, 60);
}
