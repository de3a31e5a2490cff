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
