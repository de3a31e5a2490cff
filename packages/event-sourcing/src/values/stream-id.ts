import type { Brand } from './brand.js';

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
  if (!CATEGORY.test(category))
    throw new RangeError(`a category must be 1 to 64 letters and digits, not ${JSON.stringify(category.slice(0, 80))}`);
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
  const dash = name.indexOf('-');
  return streamId(name.slice(0, Math.max(dash, 0)), name.slice(dash + 1));
}

/** The category of a stream. */
export function categoryOf(id: StreamId): string {
  return id.slice(0, id.indexOf('-'));
}
