import { checkNames } from '../contract/enum-names.js';
import { unreadable } from '../errors/refusals.js';

/**
 * The query parameters, each at most once. Unknown ones are refused: a misspelt filter would return more than was
 * meant.
 *
 * @throws ApiError
 */
export function queryOf<Name extends string>(
  query: string,
  names: readonly Name[],
): Readonly<Partial<Record<Name, string>>> {
  const entries = [...new URLSearchParams(query)];
  const parameters = Object.fromEntries(entries);
  checkNames(parameters, names);
  if (Object.keys(parameters).length < entries.length) throw unreadable('Each parameter can be given once.');
  const result: Partial<Record<Name, string>> = {};
  for (const name of names) if (Object.hasOwn(parameters, name)) result[name] = parameters[name];
  return result;
}

/** A whole number of a query; `undefined` when it is absent. @throws ApiError */
export function wholeNumberOf(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw unreadable(`${name} must be a whole number from 0 on.`);
}
