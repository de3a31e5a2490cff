import {
  fromJson,
  getOption,
  type DescEnum,
  type DescField,
  type DescMessage,
  type JsonValue,
  type Message,
} from '@bufbuild/protobuf';
import { http } from '@zitadel/proto/google/api/annotations_pb.js';
import type { FuzzedCall } from './calls.js';

/** The message that a client of gRPC would send for what a client of REST says; `undefined` when there is none. */
export function messageOf({ json, method }: Pick<FuzzedCall, 'json' | 'method'>): Message | undefined {
  try {
    return fromJson(method.input, withNumbers(method.input, json, pathFieldsOf(method)), { ignoreUnknownFields: true });
  } catch {
    return undefined;
  }
}

function pathFieldsOf(method: FuzzedCall['method']): readonly string[] {
  const template = getOption(method, http).pattern.value;
  return typeof template === 'string' ? [...template.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name) : [];
}

/** Numbers in the place of names, of which REST knows one more, and in a path takes digits for a number. */
function withNumbers(
  desc: DescMessage,
  json: Readonly<Record<string, JsonValue>>,
  inPath: readonly string[] = [],
): Record<string, JsonValue> {
  const entries = Object.entries(json).map(([name, value]): [string, JsonValue] => {
    const field = desc.fields.find(({ jsonName }) => jsonName === name);
    return [name, field === undefined ? value : numbered(field, value, inPath.includes(field.name))];
  });
  return Object.fromEntries(entries);
}

function numbered(field: DescField, value: JsonValue, isInPath: boolean): JsonValue {
  if (field.fieldKind === 'enum') return enumNumber(field.enum, value, isInPath);
  if (field.fieldKind === 'scalar' && isInPath) return typeof value === 'number' ? String(value) : value;
  if (field.fieldKind === 'message') return nested(field.message, value);
  if (field.fieldKind !== 'list' || !Array.isArray(value)) return value;
  return value.map((item) => {
    if (field.listKind === 'enum') return enumNumber(field.enum, item, false);
    return field.listKind === 'message' ? nested(field.message, item) : item;
  });
}

function nested(desc: DescMessage, value: JsonValue): JsonValue {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? withNumbers(desc, value) : value;
}

function enumNumber(desc: DescEnum, value: JsonValue, isInPath: boolean): JsonValue {
  if (typeof value !== 'string') return value;
  const number = desc.values.find(({ name }) => name === value)?.number;
  if (number !== undefined) return number;
  if (value === 'SECOND_FACTOR_TYPE_RECOVERY_CODES' && desc.typeName.endsWith('SecondFactorType')) return 5;
  if (isInPath && /^\d+$/.test(value)) return Number(value);
  throw new Error(`${desc.name} has no value ${value}`);
}
