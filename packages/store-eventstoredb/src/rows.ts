import type { ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import {
  revision,
  type EventMetadata,
  type Json,
  type Position,
  type RecordedEvent,
  type StreamId,
} from '@login-policy/event-sourcing';
import {
  Fault,
  instantToIso,
  parseInstant,
  freezeMetadata,
  type PlaceInAppend,
  dataOf,
  isJsonObject,
  ordinalOf,
  taggedPosition,
} from '@login-policy/event-sourcing/store';
import { eventIdOf, uuidOf } from './event-uuid.js';
import { tooBig } from './faults.js';

/** A record as received. */
export type WireEvent = ReadResp.ReadEvent.RecordedEvent;

/** The receipt stored with the last event of an append that has a key. */
export interface KeptReceipt {
  readonly key: string;
  readonly fingerprint: string;
}

/** An event of this store, and its receipt. */
export interface StoredEvent {
  readonly event: RecordedEvent;
  readonly receipt: KeptReceipt | undefined;
}

/** An event as it is sent. */
export interface Proposal {
  readonly uuid: string;
  readonly type: string;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

/** Our part of an event's metadata, as JSON. The two names with `$` are conventions of the server. */
interface Envelope {
  readonly recordedAt: string;
  readonly schemaVersion: number;
  readonly actor: string;
  readonly $correlationId: string;
  readonly $causationId?: string;
  readonly idempotencyKey?: string;
  readonly reason?: string;
  /** Absent for an event that was appended alone, and for all events written before this member existed. */
  readonly append?: PlaceInAppend;
  readonly receipt?: KeptReceipt;
}

/** The size limit of an event, with a margin for its frame. The server accepts messages of up to 16,767,216 bytes. */
const LARGEST_EVENT = 16_000_000;

/**
 * Encodes an event with its receipt. The engine has checked that the content is valid text and JSON.
 *
 * @throws UnserialisableData when it is too large for one message.
 */
export function proposalOf(event: RecordedEvent, receipt: KeptReceipt | undefined): Proposal {
  const { recordedAt, schemaVersion, append } = event;
  const { actor, correlationId, causationId, idempotencyKey, reason } = event.metadata;
  // JSON omits undefined members.
  const envelope: { readonly [Name in keyof Envelope]: Envelope[Name] | undefined } = {
    recordedAt: instantToIso(recordedAt),
    schemaVersion,
    actor,
    $correlationId: correlationId,
    $causationId: causationId,
    idempotencyKey,
    reason,
    append,
    receipt,
  };
  const data = Buffer.from(JSON.stringify(event.data));
  const metadata = Buffer.from(JSON.stringify(envelope));
  const proposal = { uuid: uuidOf(event.id), type: event.type, data, metadata };
  const size = sizeOf(proposal);
  if (size > LARGEST_EVENT) throw tooBig(`an event of ${size} bytes is larger than a message to the server`);
  return proposal;
}

/** The approximate size of an event in a message, in bytes. */
export function sizeOf({ type, data, metadata }: Proposal): number {
  return Buffer.byteLength(type) + data.length + metadata.length;
}

/** The name of the stream a record is in. */
export function streamNameOf(record: WireEvent): string {
  return text(record.getStreamIdentifier()?.getStreamName_asU8() ?? new Uint8Array());
}

/** The type of a record. */
export function typeOf(record: WireEvent): string {
  return record.getMetadataMap().get('type') ?? '';
}

/** The position of a record in the whole log: its commit and prepare positions as one number (ADR 0004), and its id. */
export function positionOf(record: WireEvent): Position {
  const place = placeOf(record.getCommitPosition(), record.getPreparePosition());
  return positionAt(place, record.getId()?.getString() ?? '');
}

/** The position of the record with this id. The last ten digits of the server's UUID are 40 bits. */
export function positionAt(place: bigint, uuid: string): Position {
  const tag = Number.parseInt(uuid.slice(-10), 16);
  return taggedPosition(place, Number.isNaN(tag) ? 0 : tag);
}

/** Combines commit and prepare position into one number with the same order: commit first. */
export function placeOf(commit: string | number, prepare: string | number): bigint {
  return (BigInt(commit) << 64n) | BigInt(prepare);
}

/** Splits a position into the server's two numbers. */
export function splitPosition(position: Position): { readonly commit: bigint; readonly prepare: bigint } {
  const place = ordinalOf(position);
  return { commit: place >> 64n, prepare: place & 0xffff_ffff_ffff_ffffn };
}

/**
 * Decodes a record of one of this store's streams.
 *
 * @throws UnreadableEvent when this library did not write it.
 */
export function storedEventOf(record: WireEvent, streamId: StreamId): StoredEvent {
  const type = typeOf(record);
  const place = revision(BigInt(record.getStreamRevision()));
  try {
    const envelope = envelopeOf(record.getCustomMetadata_asU8());
    const event: RecordedEvent = {
      id: eventIdOf(record.getId()?.getString() ?? ''),
      streamId,
      revision: place,
      position: positionOf(record),
      recordedAt: parseInstant(envelope.recordedAt),
      type,
      schemaVersion: envelope.schemaVersion,
      data: dataOf(JSON.parse(text(record.getData_asU8()))),
      metadata: metadataOf(envelope),
      ...(envelope.append !== undefined && { append: envelope.append }),
    };
    return { event, receipt: envelope.receipt };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const problem = `this library did not write it (${why})`;
    throw new Fault('unreadable-event', { streamId, revision: place, type, schemaVersion: 0, problem }, cause);
  }
}

function envelopeOf(bytes: Uint8Array): Envelope {
  const envelope: unknown = JSON.parse(text(bytes));
  if (isEnvelope(envelope)) return envelope;
  throw new TypeError('expected metadata with recordedAt, schemaVersion and actor');
}

function isEnvelope(value: unknown): value is Envelope {
  if (!isJsonObject(value)) return false;
  const { recordedAt, schemaVersion, actor, $correlationId, $causationId, idempotencyKey, reason } = value;
  const { append, receipt } = value;
  return (
    typeof recordedAt === 'string' &&
    typeof actor === 'string' &&
    typeof $correlationId === 'string' &&
    Number.isSafeInteger(schemaVersion) &&
    isTextOrAbsent($causationId) &&
    isTextOrAbsent(idempotencyKey) &&
    isTextOrAbsent(reason) &&
    (append === undefined || isPlace(append)) &&
    (receipt === undefined || isReceipt(receipt))
  );
}

function isTextOrAbsent(value: Json | undefined): boolean {
  return value === undefined || typeof value === 'string';
}

function isReceipt(value: Json): boolean {
  return isJsonObject(value) && typeof value['key'] === 'string' && typeof value['fingerprint'] === 'string';
}

function isPlace(value: Json): boolean {
  if (!isJsonObject(value)) return false;
  const { place, count } = value;
  return typeof place === 'number' && typeof count === 'number' && isWhole(place) && isWhole(count) && place <= count;
}

function isWhole(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}

function metadataOf({ actor, $correlationId, $causationId, idempotencyKey, reason }: Envelope): EventMetadata {
  return freezeMetadata({
    actor,
    correlationId: $correlationId,
    ...($causationId !== undefined && { causationId: $causationId }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(reason !== undefined && { reason }),
  });
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
