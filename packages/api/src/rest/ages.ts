import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { Duration } from 'luxon';
import { ruleBroken } from '../errors/refusals.js';
import { isJsonObject } from './read-request.js';

/** The description of an age, for a document. */
export const AGE_NOTE =
  'Instead of an instant: { "ago": "PT5M" }, so long before the instant of the judgement, by the clock of the server.';

/**
 * Replaces each `{ ago }` in a value by the instant that is so long before `now`: a caller whose clock differs can say
 * how old a check is, and not when it was made.
 *
 * @throws ApiError that names the field
 */
export function withInstants(value: JsonValue, field: string, now: number): JsonValue {
  if (Array.isArray(value)) return value.map((one, index) => withInstants(one, `${field}[${index}]`, now));
  if (!isJsonObject(value)) return value;
  const { ago, ...others } = value;
  if (ago !== undefined && Object.keys(others).length === 0) return instantOf(ago, field, now);
  return withInstantsIn(value, field, now);
}

/** The same in each member of an object. */
export function withInstantsIn(value: JsonObject, field: string, now: number): JsonObject {
  const entries = Object.entries(value).map(([name, one]): readonly [string, JsonValue] => [
    name,
    withInstants(one, field === '' ? name : `${field}.${name}`, now),
  ]);
  return Object.fromEntries(entries);
}

function instantOf(ago: JsonValue, field: string, now: number): string {
  const age = typeof ago === 'string' ? Duration.fromISO(ago).toMillis() : Number.NaN;
  const at = new Date(now - age);
  if (!(age >= 0) || Number.isNaN(at.getTime()))
    throw ruleBroken(`${field}.ago`, 'a duration in ISO 8601 that is not negative, such as PT5M');
  return at.toISOString();
}
