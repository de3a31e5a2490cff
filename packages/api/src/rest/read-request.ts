import {
  fromJson,
  ScalarType,
  type DescField,
  type DescMessage,
  type JsonObject,
  type JsonValue,
  type Message,
} from '@bufbuild/protobuf';
import { ruleBroken, unknownParameter, unreadable } from '../errors/refusals.js';
import { withEnumNumbers, type UnknownNames } from '../contract/enum-names.js';
import { specifiedNames, enumNumber } from '../contract/open-enums.js';

/** Parses a path variable as a field of a request. @throws ApiError for a value the field can't have. */
export function pathField(field: DescField, encoded: string): JsonObject {
  return { [field.jsonName]: scalarOf(field, decoded(encoded, field.jsonName)) };
}

/** The parameters of a query that a method reads. */
export interface QueryRules {
  /** The request whose fields are parameters; `undefined` if the body has them. */
  readonly desc: DescMessage | undefined;
  /** Whether it takes `asOf`. */
  readonly takesMoment: boolean;
  readonly unknownNames: UnknownNames;
}

/**
 * Parses a query as fields of a request. An unknown name is refused, unless such names are to be ignored: a misspelt
 * `asOf` would be answered with the policy of now.
 *
 * @throws ApiError
 */
export function queryFields({ desc, takesMoment, unknownNames }: QueryRules, query: string): JsonObject {
  const fields: Record<string, JsonValue> = {};
  if (query === '') return fields;
  for (const [path, value] of new URLSearchParams(query)) {
    if (takesMoment && path === 'asOf') continue;
    const isKnown = desc !== undefined && setField(fields, { desc, path: path.split('.') }, value);
    if (isKnown || unknownNames === 'ignore') continue;
    const names = desc === undefined ? [] : parametersOf(desc);
    throw unknownParameter(path, takesMoment ? [...names, 'asOf'] : names);
  }
  return fields;
}

/** The parameters of a request: those of a nested message have its name and a dot before theirs. */
function parametersOf({ fields }: DescMessage): readonly string[] {
  return fields.flatMap((field) =>
    field.fieldKind === 'message'
      ? parametersOf(field.message).map((name) => `${field.jsonName}.${name}`)
      : [field.jsonName],
  );
}

interface Target {
  readonly desc: DescMessage;
  readonly path: readonly string[];
}

/** Whether there is such a field. */
function setField(into: Record<string, JsonValue>, { desc, path: [name, ...rest] }: Target, value: string): boolean {
  const field = desc.fields.find((one) => one.name === name || one.jsonName === name);
  if (field === undefined) return false;
  const present = into[field.jsonName];
  if (field.fieldKind === 'message' && rest.length > 0) {
    const nested = isJsonObject(present) ? present : {};
    Object.assign(into, { [field.jsonName]: nested });
    return setField(nested, { desc: field.message, path: rest }, value);
  }
  if (rest.length > 0 || field.fieldKind === 'message') return false;
  Object.assign(into, { [field.jsonName]: scalarOf(field, value) });
  return true;
}

function scalarOf(field: DescField, text: string): JsonValue {
  if (field.fieldKind === 'enum') {
    const value = enumNumber(field.enum, text);
    if (value !== undefined) return value;
    const rule = `one of ${specifiedNames(field.enum).join(', ')}`;
    // A number is refused as in a body, where the rule of the field is asked.
    throw /^-?\d+$/.test(text) ? ruleBroken(field.jsonName, rule) : unreadable(`${field.jsonName} must be ${rule}.`);
  }
  const isBoolean = field.fieldKind === 'scalar' && field.scalar === ScalarType.BOOL;
  return isBoolean && (text === 'true' || text === 'false') ? text === 'true' : text;
}

function decoded(text: string, name: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch (caught) {
    if (caught instanceof URIError) throw unreadable(`${name} must be percent-encoded UTF-8.`);
    throw caught;
  }
}

/** Parses a request from JSON as grpc-gateway does, except for unknown names. @throws ApiError */
export function requestOf(desc: DescMessage, json: JsonObject, unknownNames: UnknownNames): Message {
  const numbered = withEnumNumbers(desc, json, unknownNames);
  try {
    return fromJson(desc, numbered, { ignoreUnknownFields: true });
  } catch (caught) {
    // The message of protobuf-es names the field and shows only a short piece of the input.
    const problem = caught instanceof Error ? caught.message : 'it is malformed';
    throw unreadable(`The request can't be read as ${desc.typeName}: ${problem.slice(0, 200)}.`);
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Parses a body as a JSON object; an empty body is an empty object. @throws ApiError */
export function bodyFields(body: Uint8Array): JsonObject {
  const json = body.length === 0 ? {} : parsed(body);
  if (isJsonObject(json)) return json;
  throw unreadable('The body must be a JSON object.');
}

/** The result of `JSON.parse` contains only JSON values. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(body));
  } catch {
    throw unreadable('The body must be JSON in UTF-8.');
  }
}
