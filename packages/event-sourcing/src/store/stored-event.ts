import type { EventMetadata } from '../streams/event.js';
import type { JsonObject } from '../streams/json.js';

/** The data of a stored event. @throws TypeError when it is not an object. */
export function dataOf(parsed: unknown): JsonObject {
  if (isJsonObject(parsed)) return parsed;
  throw new TypeError('the data of an event must be an object');
}

/** The metadata of a stored event. @throws TypeError when it is malformed. */
export function metadataOf(parsed: unknown): EventMetadata {
  if (isEventMetadata(parsed)) return parsed;
  throw new TypeError('the metadata of an event must have an actor and a correlation id');
}

/** Whether a result of `JSON.parse` is an object. */
export function isJsonObject(parsed: unknown): parsed is JsonObject {
  return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
}

/** Whether a result of `JSON.parse` is an event's metadata. */
export function isEventMetadata(parsed: unknown): parsed is EventMetadata {
  return isJsonObject(parsed) && typeof parsed['actor'] === 'string' && typeof parsed['correlationId'] === 'string';
}
