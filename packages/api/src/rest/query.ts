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
  const given = [...new URLSearchParams(query)];
  const parameters = Object.fromEntries(given);
  checkNames(parameters, names);
  if (Object.keys(parameters).length < given.length) throw unreadable('Each parameter can be given once.');
  const taken: Partial<Record<Name, string>> = {};
  for (const name of names) if (Object.hasOwn(parameters, name)) taken[name] = parameters[name];
  return taken;
}

/** A whole number of a query; `undefined` when it is absent. @throws ApiError */
export function wholeNumberOf(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw unreadable(`${name} must be a whole number from 0 on.`);
}
