import { ScalarType, type DescEnum, type DescField, type DescMessage, type JsonValue } from '@bufbuild/protobuf';
import fc, { type Arbitrary } from 'fast-check';

const anything: Arbitrary<JsonValue> = fc.json({ maxDepth: 2 }).map((text): JsonValue => JSON.parse(text));

/**
 * JSON of a message as a client could send it: mostly of the right form, at times not, at times with unknown members.
 */
export function messageJson(desc: DescMessage): Arbitrary<Record<string, JsonValue>> {
  const members = desc.fields.map((field): [string, Arbitrary<JsonValue>] => [field.jsonName, fieldJson(field)]);
  const known = fc.record(Object.fromEntries(members), { requiredKeys: [] });
  const unknown = fc.oneof({ weight: 6, arbitrary: fc.constant({}) }, fc.record({ notAField: anything }));
  return fc.tuple(known, unknown).map(([one, more]) => ({ ...one, ...more }));
}

function fieldJson(field: DescField): Arbitrary<JsonValue> {
  switch (field.fieldKind) {
    case 'enum':
      return enumJson(field.enum);
    case 'scalar':
      return scalarJson(field.scalar);
    case 'message':
      return nestedJson(field.message);
    case 'list':
      return fc.array(itemJson(field), { maxLength: 4 });
    case 'map':
      return fc.constant({});
  }
}

function itemJson(field: DescField & { readonly fieldKind: 'list' }): Arbitrary<JsonValue> {
  if (field.listKind === 'message') return nestedJson(field.message);
  return field.listKind === 'enum' ? enumJson(field.enum) : scalarJson(field.scalar);
}

/** Every number and name there is, some that there are not, and other things. */
function enumJson(desc: DescEnum): Arbitrary<JsonValue> {
  const numbers = desc.values.map(({ number }) => number);
  return fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...desc.values.map(({ name }) => name), ...numbers) },
    fc.constantFrom<JsonValue>('SECOND_FACTOR_TYPE_RECOVERY_CODES', 5, 99, -1, 2 ** 31, 1.5, '1', '', true, null),
  );
}

function scalarJson(type: ScalarType): Arbitrary<JsonValue> {
  if (type === ScalarType.BOOL) return mostly(fc.boolean());
  if (type === ScalarType.STRING) return mostly(text);
  const small = fc.integer({ min: 0, max: 6 });
  return mostly(fc.oneof(small, small.map(String), fc.constantFrom('18446744073709551615', -1, 4_294_967_296)));
}

const text = fc.oneof(
  fc.constantFrom('', 'an-idp', '70669147545070419', 'https://example.org/back', 'ü/%2F?#', 'x'.repeat(201), '..'),
  fc.string({ maxLength: 30, unit: 'binary' }).map((one) => one.toWellFormed()),
);

function nestedJson(desc: DescMessage): Arbitrary<JsonValue> {
  if (desc.typeName === 'google.protobuf.Duration') return mostly(duration);
  return mostly(messageJson(desc));
}

/** The edges of what a lifetime may be, and of what a duration can be. */
const duration = fc.oneof(
  fc.integer({ min: 0, max: 900_000 }).map((seconds) => `${seconds}s`),
  fc.constantFrom(
    ...['0s', '1s', '0.5s', '0.000000001s', '-1s', '-0.5s', '864000s', '3155760000s', '315576000000s'],
    ...['315576000001s', '9007199254740993s', '1h', 's', '', '1.0000000001s', '1e3s'],
  ),
);

function mostly(arbitrary: Arbitrary<JsonValue>): Arbitrary<JsonValue> {
  return fc.oneof({ weight: 12, arbitrary }, anything);
}
