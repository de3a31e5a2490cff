import { z } from 'zod';
import { badQuery } from '../http/refusal.js';

/** A whole number in a query. */
export const whole: z.ZodType<number, string> = z
  .string()
  .regex(/^\d{1,7}$/, 'a whole number')
  .transform(Number);

/** The parameters of a query; one that may be repeated is named in `repeated`. @throws Refusal that names the wrong one */
export function parsedQuery<Found>(
  schema: z.ZodType<Found>,
  query: string,
  repeated: Readonly<Record<string, string>> = {},
): Found {
  const given = new URLSearchParams(query);
  const named: Record<string, unknown> = Object.fromEntries(given);
  for (const [name, as] of Object.entries(repeated)) {
    Reflect.deleteProperty(named, name);
    if (given.has(name)) named[as] = given.getAll(name);
  }
  const parsed = schema.safeParse(named);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw badQuery(`The query is not right: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'unknown'}.`);
}
