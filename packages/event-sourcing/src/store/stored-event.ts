import { OPTIONAL_METADATA, type EventMetadata } from '../streams/event.js';
import type { JsonObject } from '../streams/json.js';

/** Whether a result of `JSON.parse` is an object. */
export function isJsonObject(parsed: unknown): parsed is JsonObject {
  return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
}

/**
 * The metadata in a result of `JSON.parse`; `undefined` without an actor and a correlation id. What a foreign program
 * added is left out, because a reader of metadata takes its members for known ones and for text. A known member that is
 * not text is left out, too: {@link damagedMembers} names it.
 */
export function metadataIn(parsed: unknown): EventMetadata | undefined {
  if (!isNamed(parsed)) return undefined;
  for (const name of Object.keys(parsed)) if (!isMember(name, parsed)) return knownIn(parsed);
  return parsed;
}

function isNamed(parsed: unknown): parsed is EventMetadata & JsonObject {
  return isJsonObject(parsed) && typeof parsed['actor'] === 'string' && typeof parsed['correlationId'] === 'string';
}

/** By the metadata that reads answer with. They are damage, and rare: readers of events pay nothing for them. */
const damaged = new WeakMap<EventMetadata, readonly string[]>();

/** The known members of stored metadata that are not text, such as a number as reason: reads leave them out. */
export function damagedMembers(metadata: EventMetadata): readonly string[] {
  return damaged.get(metadata) ?? [];
}

const MEMBERS: readonly string[] = ['actor', 'correlationId', ...OPTIONAL_METADATA];

function isMember(name: string, parsed: JsonObject): boolean {
  return MEMBERS.includes(name) && typeof parsed[name] === 'string';
}

function knownIn(parsed: EventMetadata & JsonObject): EventMetadata {
  const { actor, correlationId } = parsed;
  const known = Object.entries(parsed).filter(([name]) => isMember(name, parsed));
  const metadata = { actor, correlationId, ...Object.fromEntries(known) };
  const notText = MEMBERS.filter((name) => Object.hasOwn(parsed, name) && !isMember(name, parsed));
  if (notText.length > 0) damaged.set(metadata, notText);
  return metadata;
}
