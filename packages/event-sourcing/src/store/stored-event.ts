import type { EventMetadata } from '../streams/event.js';
import type { JsonObject } from '../streams/json.js';

/** What a stored event has for its data, parsed. @throws TypeError when it is not an object. */
export function dataOf(parsed: unknown): JsonObject {
  if (isJsonObject(parsed)) return parsed;
  throw new TypeError('the data of an event is an object');
}

/** What a stored event has for its metadata, parsed. @throws TypeError when it is not what was written. */
export function metadataOf(parsed: unknown): EventMetadata {
  if (isEventMetadata(parsed)) return parsed;
  throw new TypeError('the metadata of an event has an actor and a correlation id');
}

/** Whether what came out of `JSON.parse` is an object. */
export function isJsonObject(parsed: unknown): parsed is JsonObject {
  return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
}

/** Whether what came out of `JSON.parse` is the metadata of an event. */
export function isEventMetadata(parsed: unknown): parsed is EventMetadata {
  return isJsonObject(parsed) && typeof parsed['actor'] === 'string' && typeof parsed['correlationId'] === 'string';
}
