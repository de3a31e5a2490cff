import type { DescEnum, DescField, DescMessage, JsonObject, JsonValue } from '@bufbuild/protobuf';
import { specifiedNames, enumNumber } from './open-enums.js';
import { unknownName, unreadable } from '../errors/refusals.js';

/** Whether unknown field names in a JSON body are refused or ignored. */
export type UnknownNames = 'refuse' | 'ignore';

/** How a JSON body is read, and the current path in it. */
interface Reading {
  readonly unknownNames: UnknownNames;
  readonly path: string;
}

/**
 * Replaces the names of enum values by numbers, including names that the descriptors lack. An unknown value is refused:
 * protobuf's JSON would drop it, which could change the meaning. Unknown field names are refused, too, unless they are
 * to be ignored.
 *
 * @throws ApiError
 */
export function withEnumNumbers(desc: DescMessage, json: JsonObject, unknownNames: UnknownNames): JsonObject {
  return messageFields(desc, json, { unknownNames, path: '' });
}

function messageFields(desc: DescMessage, json: JsonObject, reading: Reading): JsonObject {
  const read: Record<string, JsonValue> = {};
  const fields = fieldsOf(desc);
  for (const [name, value] of Object.entries(json)) {
    const field = fields.get(name);
    if (field !== undefined) read[name] = fieldValue(field, value, reading);
    else if (reading.unknownNames === 'refuse') throw unknownName(reading.path, name, namesOf(desc));
  }
  return read;
}

/** Refuses an object with a member that has none of these names. @throws ApiError */
export function checkNames(json: JsonObject, names: readonly string[]): void {
  const unknown = Object.keys(json).find((name) => !names.includes(name));
  if (unknown !== undefined) throw unknownName('', unknown, names);
}

function namesOf({ fields }: DescMessage): readonly string[] {
  return fields.map(({ jsonName }) => jsonName);
}

const FIELDS = new WeakMap<DescMessage, ReadonlyMap<string, DescField>>();

/** The fields of a message by both of their names. Cached, because each body needs them. */
function fieldsOf(desc: DescMessage): ReadonlyMap<string, DescField> {
  const cached = FIELDS.get(desc);
  if (cached !== undefined) return cached;
  const names = (field: DescField): [string, DescField][] => [
    [field.name, field],
    [field.jsonName, field],
  ];
  const fields = new Map(desc.fields.flatMap(names));
  FIELDS.set(desc, fields);
  return fields;
}

function fieldValue(field: DescField, value: JsonValue, reading: Reading): JsonValue {
  const { fieldKind, jsonName } = field;
  if (fieldKind === 'scalar') return value;
  if (fieldKind === 'enum') return enumValue(field.enum, value, jsonName);
  const nested = { ...reading, path: `${reading.path}${jsonName}.` };
  if (fieldKind === 'message') return messageValue(field.message, value, nested);
  if (fieldKind !== 'list' || !Array.isArray(value)) return value;
  const { listKind } = field;
  if (listKind === 'enum') return value.map((item) => enumValue(field.enum, item, jsonName));
  if (listKind === 'message') return value.map((item) => messageValue(field.message, item, nested));
  return value;
}

function enumValue(desc: DescEnum, value: JsonValue, name: string): JsonValue {
  if (typeof value !== 'string') return value;
  const number = /^\d/.test(value) ? undefined : enumNumber(desc, value);
  if (number !== undefined) return number;
  throw unreadable(`${name} must be one of ${specifiedNames(desc).join(', ')}.`);
}

function messageValue(desc: DescMessage, value: JsonValue, reading: Reading): JsonValue {
  const isPlain = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isPlain && !desc.typeName.startsWith('google.protobuf.') ? messageFields(desc, value, reading) : value;
}
