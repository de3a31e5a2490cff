import type { EventMetadata, Json, RecordedEvent } from '@login-policy/event-sourcing';
import canonicalize from 'canonicalize';
import { sha256 } from './tree-hash.js';

/** The texts of an event that can be erased: a leaf holds a commitment in place of each. */
export const ERASABLE = ['actor', 'reason'] as const;

/** The member of a leaf for each. */
export const COMMITMENTS = { actor: 'commitmentToActor', reason: 'commitmentToReason' } as const;

/** One of them. */
export type Erasable = (typeof ERASABLE)[number];

/** What opens a commitment: it shows what was recorded. */
export interface Opening {
  readonly salt: string;
  /** `undefined` where none was recorded. */
  readonly text: string | undefined;
}

/**
 * The leaf of an event: the canonical JSON (RFC 8785) of all that is recorded, with commitments in place of actor and
 * reason, and without its position, so that a copy of the log has the same leaves. A text without a salt stands in the
 * leaf as it is, because a commitment to it could be guessed. An event has the same leaf before and after its texts are
 * erased.
 *
 * @throws Fault with the code `unreadable-event` for an event of half an append, or one that can't be read.
 */
export function leafOf(event: RecordedEvent): string {
  const { append, metadata } = event;
  const { actor, actorSalt, causationId, correlationId, idempotencyKey, reason, reasonSalt } = metadata;
  const { commitmentToActor, commitmentToReason } = metadata;
  const isActorGone = actor === '' && actorSalt === undefined;
  const isReasonGone = reason === undefined && reasonSalt === undefined;
  const hiddenActor = isActorGone ? commitmentToActor : commitment(metadata, 'actor');
  const hiddenReason = isReasonGone ? commitmentToReason : commitment(metadata, 'reason');
  // Written out in the order of RFC 8785: to sort the members of each event takes more time than to hash it.
  let leaf = '{';
  if (hiddenActor === undefined) leaf += member('actor', actor) + member('actorSalt', actorSalt);
  if (append !== undefined) leaf += `"append":{"count":${append.count},"place":${append.place}},`;
  leaf += member('causationId', causationId);
  leaf += member(COMMITMENTS.actor, hiddenActor ?? commitmentToActor);
  leaf += member(COMMITMENTS.reason, hiddenReason ?? commitmentToReason);
  leaf += `${member('correlationId', correlationId)}"data":${canonical(event.data)},"id":"${event.id}",`;
  leaf += member('idempotencyKey', idempotencyKey);
  if (hiddenReason === undefined) leaf += member('reason', reason) + member('reasonSalt', reasonSalt);
  leaf += `"recordedAt":${event.recordedAt},"revision":"${event.revision}","schemaVersion":${event.schemaVersion},`;
  return `${leaf}"stream":${JSON.stringify(event.streamId)},"type":${JSON.stringify(event.type)}}`;
}

/** Most data is in order already, and Node writes that several times as fast. */
function canonical(data: Json): string | undefined {
  return isInOrder(data) ? JSON.stringify(data) : canonicalize(data);
}

function isInOrder(value: Json): boolean {
  if (typeof value !== 'object' || value === null) return true;
  let before = '';
  for (const [name, content] of Object.entries<Json>(value)) {
    if ((name < before && !Array.isArray(value)) || !isInOrder(content)) return false;
    before = name;
  }
  return true;
}

function member(name: string, text: string | undefined): string {
  return text === undefined ? '' : `"${name}":${JSON.stringify(text)},`;
}

/** 16 bytes in base64url: of one length, so that no part of a text can pass for a part of its salt. */
const SALT = /^[\w-]{22}$/;

/** Of a text that is there. Beside it a stored commitment is not one: all of them stand in the leaf as they are. */
function commitment(metadata: EventMetadata, name: Erasable): string | undefined {
  const [salt, text] = [metadata[`${name}Salt`], metadata[name]];
  const isSalted = salt !== undefined && SALT.test(salt) && metadata[COMMITMENTS[name]] === undefined;
  return isSalted ? commitmentOf({ salt, text }) : undefined;
}

/** The commitment to a text: SHA-256 of its salt, a colon and the text, in base64; without a text, of its salt. */
export function commitmentOf({ salt, text }: Opening): string {
  return sha256(text === undefined ? salt : `${salt}:${text}`);
}

/** What opens the commitments of an event. */
export function openingsOf({ metadata }: RecordedEvent): Partial<Record<Erasable, Opening>> {
  const openings: Partial<Record<Erasable, Opening>> = {};
  for (const name of ERASABLE) {
    const salt = metadata[`${name}Salt`];
    if (salt !== undefined && commitment(metadata, name) !== undefined) openings[name] = { salt, text: metadata[name] };
  }
  return openings;
}
