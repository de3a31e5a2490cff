import { randomUUID } from 'node:crypto';
import {
  deepFrozen,
  type EventMetadata,
  Fault,
  instant,
  instantToIso,
  isFault,
  isJsonObject,
  type Json,
  type JsonObject,
  parseInstant,
  type Position,
  type RecordedEvent,
  revision,
  type Revision,
  type StreamId,
} from '@login-policy/event-sourcing';
import { OPTIONAL_METADATA, ordinalOf, positionOf as eventPosition } from '@login-policy/event-sourcing/store';
import { eventIdOf, uuidOf } from './event-uuid.js';
import { faultyEvent } from './faulty-event.js';
import type { Fields } from './protobuf.js';

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

/** An event in the form that the server takes. */
export interface Proposal {
  readonly uuid: string;
  readonly type: string;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

/** The custom metadata of a record, as JSON. The two names with `$` are conventions of the server. */
interface Envelope {
  readonly recordedAt: string;
  readonly schemaVersion: number;
  readonly actor: string;
  readonly $correlationId: string;
  readonly $causationId?: string;
  /** Each event of a command has its key here. It only informs readers. */
  readonly idempotencyKey?: string;
  readonly reason?: string;
  readonly actorSalt?: string;
  readonly reasonSalt?: string;
  readonly commitmentToActor?: string;
  readonly commitmentToReason?: string;
  /** Absent for an event that was appended alone, and for all events written before this member existed. */
  readonly append?: RecordedEvent['append'];
  /** Only on the last event of an append. A repeated command is found by the key in it. */
  readonly receipt?: KeptReceipt;
}

/** Encodes an event with its receipt. The engine has checked that the content is valid text and JSON. */
export function proposalOf(event: RecordedEvent, receipt: KeptReceipt | undefined): Proposal {
  const { recordedAt, schemaVersion, append } = event;
  const { actor, correlationId, causationId, ...optional } = event.metadata;
  // JSON omits undefined members.
  const envelope: { readonly [Name in keyof Envelope]: Envelope[Name] | undefined } = {
    recordedAt: instantToIso(recordedAt),
    schemaVersion,
    actor,
    $correlationId: correlationId,
    $causationId: causationId,
    ...optional,
    append,
    receipt,
  };
  const data = Buffer.from(JSON.stringify(event.data));
  const metadata = Buffer.from(JSON.stringify(envelope));
  return { uuid: uuidOf(event.id), type: event.type, data, metadata };
}

/** A record of the store's own, with this content. */
export function ownProposal(type: string, content: Json): Proposal {
  const [data, metadata] = [Buffer.from(JSON.stringify(content)), Buffer.from('{"schemaVersion":1}')];
  return { uuid: randomUUID(), type, data, metadata };
}

/** The content of a record. @throws SyntaxError when it is not JSON. */
export function jsonIn(record: LogRecord): unknown {
  return JSON.parse(record.data.toString('utf8'));
}

/** What an event takes in a message besides its content, in bytes: its id, names and frame. */
const OVERHEAD = 150;

/** The approximate size of an event in a message, in bytes. */
export function sizeOf({ type, data, metadata }: Proposal): number {
  return OVERHEAD + Buffer.byteLength(type) + data.length + metadata.length;
}

/**
 * The position of the record with this id. It contains the last 40 bits of the id (ten hexadecimal digits), because
 * another event at the same place shows that the log was replaced (ADR 0004).
 */
export function positionAt(ordinal: bigint, uuid: string): Position {
  const tag = Number.parseInt(uuid.slice(-10), 16);
  return eventPosition(ordinal, Number.isNaN(tag) ? 0 : tag);
}

/** Combines commit and prepare position, which are in these fields, into one number with the same order: commit first. */
export function ordinalIn(message: Fields, commit: number, prepare: number): bigint {
  return (message.integer(commit) << 64n) | message.integer(prepare);
}

/** Splits a position into the server's commit and prepare position. */
export function splitPosition(position: Position): { readonly commit: bigint; readonly prepare: bigint } {
  const ordinal = ordinalOf(position);
  return { commit: ordinal >> 64n, prepare: ordinal & 0xffff_ffff_ffff_ffffn };
}

/**
 * Decodes a record of one of this store's streams.
 *
 * @throws UnreadableEvent when this library did not write it.
 */
export function storedEventOf(record: LogRecord, streamId: StreamId): StoredEvent {
  const { position, revision: at, type, uuid } = record;
  try {
    const envelope = envelopeOf(record.metadata);
    const event: RecordedEvent = {
      id: eventIdOf(uuid),
      streamId,
      revision: at,
      position,
      recordedAt: parseInstant(envelope.recordedAt),
      type,
      schemaVersion: envelope.schemaVersion,
      data: dataOf(record),
      metadata: metadataOf(envelope),
      ...(envelope.append !== undefined && { append: envelope.append }),
    };
    // Frozen, because all that follow the log get the same event.
    return { event: deepFrozen(event), receipt: envelope.receipt };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const problem = `this library did not write it (${reason})`;
    throw new Fault('unreadable-event', { streamId, revision: at, type, schemaVersion: 0, problem }, cause);
  }
}

/** The content of a record. @throws TypeError, SyntaxError when it is not a JSON object. */
export function dataOf(record: LogRecord): JsonObject {
  const data = jsonIn(record);
  if (isJsonObject(data)) return data;
  throw new TypeError('the data of an event must be an object');
}

function envelopeOf(bytes: Buffer): Envelope {
  const envelope: unknown = JSON.parse(bytes.toString('utf8'));
  if (isEnvelope(envelope)) return envelope;
  throw new TypeError('expected metadata with recordedAt, schemaVersion and actor');
}

function isEnvelope(value: unknown): value is Envelope {
  if (!isJsonObject(value)) return false;
  const { recordedAt, schemaVersion, actor, $correlationId, $causationId, append, receipt } = value;
  return (
    typeof recordedAt === 'string' &&
    typeof actor === 'string' &&
    typeof $correlationId === 'string' &&
    Number.isSafeInteger(schemaVersion) &&
    isTextOrAbsent($causationId) &&
    KEPT_NAMES.every((name) => isTextOrAbsent(value[name])) &&
    (append === undefined || isPlaceInAppend(append)) &&
    (receipt === undefined || isReceipt(receipt))
  );
}

function isTextOrAbsent(value: Json | undefined): boolean {
  return value === undefined || typeof value === 'string';
}

function isReceipt(value: Json): boolean {
  return isJsonObject(value) && typeof value['key'] === 'string' && typeof value['fingerprint'] === 'string';
}

function isPlaceInAppend(value: Json): boolean {
  if (!isJsonObject(value)) return false;
  const { place, count } = value;
  return isPositiveInteger(place) && isPositiveInteger(count) && place <= count;
}

function isPositiveInteger(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;
}

/** The optional metadata with the same names in the envelope. */
const KEPT_NAMES = OPTIONAL_METADATA.filter((name) => name !== 'causationId');

function metadataOf(envelope: Envelope): EventMetadata {
  const { actor, $correlationId, $causationId } = envelope;
  const kept: { -readonly [Name in keyof EventMetadata]?: EventMetadata[Name] } = {};
  for (const name of KEPT_NAMES) {
    const value = envelope[name];
    if (value !== undefined) kept[name] = value;
  }
  return Object.freeze({
    actor,
    correlationId: $correlationId,
    ...($causationId !== undefined && { causationId: $causationId }),
    ...kept,
  });
}

/** A record as the server returns it. Its event is decoded on first use, and cached. */
export class LogRecord {
  /** The id as the server returns it. */
  readonly uuid: string;
  readonly streamName: string;
  readonly revision: Revision;
  readonly position: Position;
  readonly type: string;
  readonly metadata: Buffer;
  readonly data: Buffer;
  readonly #fields: Fields;
  #stored: StoredEvent | undefined;

  constructor(fields: Fields) {
    this.#fields = fields;
    this.uuid = fields.message(1)?.text(2) ?? '';
    this.streamName = fields.message(2)?.text(3) ?? '';
    this.revision = revision(fields.integer(3));
    this.position = positionAt(ordinalIn(fields, 5, 4), this.uuid);
    this.type = fields.entry(6, 'type') ?? '';
    this.metadata = fields.bytes(7);
    this.data = fields.bytes(8);
  }

  /** The event of the record; an unreadable one if this library did not write it. */
  stored(streamId: StreamId): StoredEvent {
    this.#stored ??= this.#read(streamId);
    return this.#stored;
  }

  #read(streamId: StreamId): StoredEvent {
    try {
      return storedEventOf(this, streamId);
    } catch (error) {
      if (!isFault(error, 'unreadable-event')) throw error;
      const { position, revision: at, type, uuid } = this;
      // The server's timestamps are in units of 100 ns.
      const recordedAt = instant(Number(BigInt(this.#fields.entry(6, 'created') ?? '0') / 10_000n));
      const known = { id: eventIdOf(uuid), streamId, revision: at, position, recordedAt, type };
      return { event: faultyEvent(known, error), receipt: undefined };
    }
  }
}
