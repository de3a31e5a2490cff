import type { Brand } from './brand.js';
import { demandString, wrong } from './wrong.js';

/** The name of a stream: its category, a dash, its key. The category ends at the **first** dash. */
export type StreamId = Brand<string, 'StreamId'>;

const CATEGORY = /^[A-Za-z][A-Za-z0-9]{0,63}$/;
const LONGEST = 5000;

/**
 * Makes the name of a stream.
 *
 * @throws RangeError when the category is not 1–64 letters and digits, or the key is empty or makes the name longer
 * than 5,000 characters.
 */
export function streamId(category: string, key: string): StreamId {
  if (typeof category !== 'string' || !CATEGORY.test(category))
    throw wrong('a category', '1 to 64 letters and digits', category);
  demandString('the key of a stream', key);
  const name = `${category}-${key}`;
  if (key === '' || name.length > LONGEST)
    throw new RangeError(`the key of a stream must have 1 to ${LONGEST - category.length - 1} characters`);
  return name as StreamId;
}

/**
 * Parses a stream's whole name.
 *
 * @throws RangeError when it lacks a category or a key.
 */
export function parseStreamId(name: string): StreamId {
  demandString('the name of a stream', name);
  const dash = name.indexOf('-');
  return streamId(name.slice(0, Math.max(dash, 0)), name.slice(dash + 1));
}

/** The category of a stream. @throws RangeError when its name is not a text */
export function categoryOf(id: StreamId): string {
  demandString('the name of a stream', id);
  return id.slice(0, id.indexOf('-'));
}
