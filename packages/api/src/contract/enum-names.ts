import type { DescEnum, DescField, DescMessage, JsonObject, JsonValue } from '@bufbuild/protobuf';
import { specifiedNames, enumNumber } from './open-enums.js';
import { unreadable } from '../errors/refusals.js';

/**
 * Puts numbers in the place of the names of enum values, also of those the descriptors do not know yet. A name that is
 * unknown is refused: left out, as JSON of protobuf would have it, it could mean something else than was said.
 *
 * @throws ApiError
 */
export function withEnumNumbers(desc: DescMessage, json: JsonObject): JsonObject {
  const read: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(json)) {
    const field = desc.fields.find((one) => one.jsonName === name || one.name === name);
    if (field !== undefined) read[name] = fieldValue(field, value);
  }
  return read;
}

function fieldValue(field: DescField, value: JsonValue): JsonValue {
  if (field.fieldKind === 'enum') return enumValue(field.enum, value, field.jsonName);
  if (field.fieldKind === 'message') return messageValue(field.message, value);
  if (field.fieldKind !== 'list' || !Array.isArray(value)) return value;
  const { listKind } = field;
  if (listKind === 'enum') return value.map((item) => enumValue(field.enum, item, field.jsonName));
  if (listKind === 'message') return value.map((item) => messageValue(field.message, item));
  return value;
}

function enumValue(desc: DescEnum, value: JsonValue, name: string): JsonValue {
  if (typeof value !== 'string') return value;
  const known = /^\d/.test(value) ? undefined : enumNumber(desc, value);
  if (known !== undefined) return known;
  throw unreadable(`${name} must be one of ${specifiedNames(desc).join(', ')}.`);
}

function messageValue(desc: DescMessage, value: JsonValue): JsonValue {
  const isPlain = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isPlain && !desc.typeName.startsWith('google.protobuf.') ? withEnumNumbers(desc, value) : value;
}
