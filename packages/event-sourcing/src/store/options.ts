/**
 * Refuses what is not an option: one whose name is misspelt would be passed over, and its default taken without a word.
 *
 * @throws RangeError naming it, and what there is.
 */
export function refuseUnknownOptions(options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new RangeError(`${JSON.stringify(unknown.slice(0, 40))} is not an option: there are ${known.join(', ')}`);
}

/** Takes one of the values that an option has. @throws RangeError naming the option, and what it may be. */
export function oneOfOption<Value extends string | boolean>(
  option: string,
  value: Value,
  allowed: readonly Value[],
): Value {
  if (allowed.includes(value)) return value;
  throw new RangeError(`${option} must be ${allowed.join(' or ')}, not ${JSON.stringify(value)}`);
}
