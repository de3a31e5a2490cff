import type { EventMetadata, RecordedEvent } from '@login-policy/event-sourcing';
import canonicalize from 'canonicalize';
import { sha256 } from './tree-hash.js';

/** The texts of an event that can be erased: a leaf holds a commitment in place of each. */
export const ERASABLE = ['actor', 'reason'] as const;

/** One of them. */
export type Erasable = (typeof ERASABLE)[number];

/** What opens a commitment: who has both can show that the text is what was recorded. */
export interface Opening {
  readonly salt: string;
  readonly text: string;
}

/**
 * The leaf of an event: the canonical JSON (RFC 8785) of all that is recorded, with commitments in place of actor and
 * reason, and without its position, so that a copy of the log has the same leaves. A text without a salt stands in the
 * leaf as it is, because a commitment to it could be guessed.
 *
 * @throws Fault with the code `unreadable-event` for an event of half an append, or one that can't be read.
 */
export function leafOf(event: RecordedEvent): string {
  const { append, metadata } = event;
  const { actor, causationId, correlationId, idempotencyKey, reason } = metadata;
  const [actorSalt, reasonSalt] = [saltOf(metadata, 'actor'), saltOf(metadata, 'reason')];
  // Written out in the order of RFC 8785: to sort the members of each event takes more time than to hash it.
  let leaf = '{';
  if (actorSalt === undefined) leaf += `"actor":${JSON.stringify(actor)},`;
  if (append !== undefined) leaf += `"append":{"count":${append.count},"place":${append.place}},`;
  if (causationId !== undefined) leaf += `"causationId":${JSON.stringify(causationId)},`;
  if (actorSalt !== undefined) {
    leaf += `"commitments":{"actor":"${commitmentOf({ salt: actorSalt, text: actor })}"`;
    if (reason !== undefined && reasonSalt !== undefined)
      leaf += `,"reason":"${commitmentOf({ salt: reasonSalt, text: reason })}"`;
    leaf += '},';
  }
  leaf += `"correlationId":${JSON.stringify(correlationId)},"data":${canonicalize(event.data)},"id":"${event.id}",`;
  if (idempotencyKey !== undefined) leaf += `"idempotencyKey":${JSON.stringify(idempotencyKey)},`;
  if (reason !== undefined && reasonSalt === undefined) leaf += `"reason":${JSON.stringify(reason)},`;
  leaf += `"recordedAt":${event.recordedAt},"revision":"${event.revision}","schemaVersion":${event.schemaVersion},`;
  return `${leaf}"stream":${JSON.stringify(event.streamId)},"type":${JSON.stringify(event.type)}}`;
}

/** The commitment to a text: SHA-256 of its salt and the text, in base64. */
export function commitmentOf({ salt, text }: Opening): string {
  return sha256(`${salt}${text}`);
}

/** What opens the commitments of an event. */
export function openingsOf({ metadata }: RecordedEvent): Partial<Record<Erasable, Opening>> {
  const openings: Partial<Record<Erasable, Opening>> = {};
  for (const name of ERASABLE) {
    const [text, salt] = [metadata[name], saltOf(metadata, name)];
    if (text !== undefined && salt !== undefined) openings[name] = { salt, text };
  }
  return openings;
}

function saltOf(metadata: EventMetadata, name: Erasable): string | undefined {
  const salts: unknown = Reflect.get(metadata, 'salts');
  const salt: unknown = typeof salts === 'object' && salts !== null ? Reflect.get(salts, name) : undefined;
  return typeof salt === 'string' ? salt : undefined;
}
