import type { DescEnum } from '@bufbuild/protobuf';

/**
 * Values of ZITADEL that the descriptors in `@zitadel/proto` lack. They are sent as numbers, which every proto3 client
 * accepts; a path also accepts the name.
 */
const OPEN_VALUES: ReadonlyMap<string, ReadonlyMap<string, number>> = new Map([
  ['zitadel.policy.v1.SecondFactorType', new Map([['SECOND_FACTOR_TYPE_RECOVERY_CODES', 5]])],
  ['zitadel.settings.v2.SecondFactorType', new Map([['SECOND_FACTOR_TYPE_RECOVERY_CODES', 5]])],
]);

const NONE: ReadonlyMap<string, number> = new Map();

/** The number of an enum value, by name or number; `undefined` when there is none. */
export function enumNumber(desc: DescEnum, text: string): number | undefined {
  const byName = desc.values.find(({ name }) => name === text)?.number ?? openValues(desc).get(text);
  if (byName !== undefined) return byName;
  if (!/^\d{1,9}$/.test(text)) return undefined;
  const value = Number(text);
  return isDefined(desc, value) ? value : undefined;
}

/** Whether an enum has a value with this number. */
export function isDefined(desc: DescEnum, value: number): boolean {
  return desc.value[value] !== undefined || [...openValues(desc).values()].includes(value);
}

/** The names of an enum's values. */
export function enumNames(desc: DescEnum): readonly string[] {
  return [...desc.values.map(({ name }) => name), ...openValues(desc).keys()];
}

/** The names of an enum's values without the unspecified one, for messages that list the choices. */
export function specifiedNames(desc: DescEnum): readonly string[] {
  return enumNames(desc).filter((name) => !name.endsWith('_UNSPECIFIED'));
}

function openValues(desc: DescEnum): ReadonlyMap<string, number> {
  return OPEN_VALUES.get(desc.typeName) ?? NONE;
}
