import {
  getOption,
  hasOption,
  isMessage,
  ScalarType,
  type DescField,
  type DescMessage,
  type Message,
} from '@bufbuild/protobuf';
import type { EnumRules, FieldRules, StringRules } from '@zitadel/proto/validate/validate_pb.js';
import { OPTIONS } from './descriptors.js';
import { ruleBroken } from '../errors/refusals.js';
import { enumNames, isDefined } from './open-enums.js';

/** Refuses a message that breaks a rule of its descriptor. @throws ApiError */
export type CheckMessage = (message: Message) => void;

type CheckFields = (message: Message, path: string) => void;

/**
 * Compiles the `validate.rules` of a message's fields; `undefined` when there are none.
 *
 * @throws Error for an unsupported rule, which would otherwise be skipped silently.
 */
export function checkOf(desc: DescMessage): CheckMessage | undefined {
  const check = fieldsCheckOf(desc);
  return check === undefined ? undefined : (message) => check(message, '');
}

function fieldsCheckOf(desc: DescMessage): CheckFields | undefined {
  if (desc.typeName.startsWith('google.protobuf.')) return undefined;
  const checks = desc.fields.flatMap((field) => fieldCheck(field) ?? []);
  if (checks.length === 0) return undefined;
  return (message, path) => {
    for (const check of checks) check(message, path);
  };
}

function fieldCheck(field: DescField): CheckFields | undefined {
  const rule = hasOption(field, OPTIONS.rules) ? getOption(field, OPTIONS.rules) : undefined;
  if (rule !== undefined) return ruleCheck(field, rule);
  if (field.fieldKind === 'message') return nestedCheck(field);
  if (field.fieldKind === 'list' && field.listKind === 'message') return itemsCheck(field);
  return undefined;
}

function ruleCheck(field: DescField, { type }: FieldRules): CheckFields {
  if (type.case === 'enum' && field.fieldKind === 'enum') return enumCheck(field, type.value);
  if (type.case === 'string' && field.fieldKind === 'scalar') return stringCheck(field, type.value);
  if (type.case === 'repeated' && field.fieldKind === 'list') return listCheck(field, Number(type.value.maxItems));
  if (type.case === 'bool' && field.fieldKind === 'scalar' && field.oneof !== undefined) {
    if (type.value.const !== undefined) return constantCheck(field, type.value.const);
  }
  throw new Error(`${field.parent.typeName}.${field.name} has an unsupported kind of rule`);
}

function enumCheck(field: DescField & { readonly fieldKind: 'enum' }, rule: EnumRules): CheckFields {
  const { enum: type } = field;
  const allowed = `one of ${enumNames(type)
    .filter((name) => !rule.notIn.includes(type.values.find((value) => value.name === name)?.number ?? -1))
    .join(', ')}`;
  return (message, path) => {
    const value = valueOf(message, field) ?? 0;
    const isAllowed = typeof value === 'number' && (!rule.definedOnly || isDefined(type, value));
    if (!isAllowed || rule.notIn.includes(value)) throw ruleBroken(path + field.jsonName, allowed);
  };
}

function stringCheck(field: DescField & { readonly fieldKind: 'scalar' }, rule: StringRules): CheckFields {
  const [shortest, longest] = [Number(rule.minLen ?? 0n), Number(rule.maxLen ?? Number.MAX_SAFE_INTEGER)];
  return (message, path) => {
    const value = valueOf(message, field) ?? '';
    if (field.scalar !== ScalarType.STRING || typeof value !== 'string') return;
    const length = value.length > 2 * longest ? value.length : Array.from(value).length;
    if (length < shortest || length > longest)
      throw ruleBroken(path + field.jsonName, `${shortest} to ${longest} characters long`);
  };
}

/** A list of scalars with at most that many items: no other rule is in the descriptors. */
function listCheck(field: DescField & { readonly fieldKind: 'list' }, most: number): CheckFields {
  return (message, path) => {
    const items = valueOf(message, field);
    if (Array.isArray(items) && items.length > most) throw ruleBroken(path + field.jsonName, `at most ${most} items`);
  };
}

/** Only within a `oneof`: elsewhere, a missing value and `false` are the same. */
function constantCheck(field: DescField & { readonly fieldKind: 'scalar' }, wanted: boolean): CheckFields {
  return (message, path) => {
    const value = valueOf(message, field);
    if (value !== undefined && value !== wanted) throw ruleBroken(path + field.jsonName, String(wanted));
  };
}

function nestedCheck(field: DescField & { readonly fieldKind: 'message' }): CheckFields | undefined {
  const check = fieldsCheckOf(field.message);
  if (check === undefined) return undefined;
  return (message, path) => {
    const value = valueOf(message, field);
    if (isMessage(value)) check(value, `${path}${field.jsonName}.`);
  };
}

function itemsCheck(
  field: DescField & { readonly fieldKind: 'list'; readonly listKind: 'message' },
): CheckFields | undefined {
  const check = fieldsCheckOf(field.message);
  if (check === undefined) return undefined;
  return (message, path) => {
    let index = 0;
    const items = valueOf(message, field);
    if (!Array.isArray(items)) return;
    for (const item of items) if (isMessage(item)) check(item, `${path}${field.jsonName}[${index++}].`);
  };
}

/** The value of a field; `undefined` when it is not set, or another field of its `oneof` is. */
function valueOf(message: Message, { localName, oneof }: DescField): unknown {
  if (oneof === undefined) return Reflect.get(message, localName);
  const chosen: unknown = Reflect.get(message, oneof.localName);
  if (typeof chosen !== 'object' || chosen === null || Reflect.get(chosen, 'case') !== localName) return undefined;
  return Reflect.get(chosen, 'value');
}
