import { randomUUID } from 'node:crypto';
import type { ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import {
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
  type StreamId,
} from '@login-policy/event-sourcing';
import {
  faultyEvent,
  OPTIONAL_METADATA,
  ordinalOf,
  positionOf as eventPosition,
} from '@login-policy/event-sourcing/store';
import { eventIdOf, uuidOf } from './event-uuid.js';

/** A record as the server returns it. */
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
export function jsonIn(record: WireEvent): unknown {
  return JSON.parse(text(record.getData_asU8()));
}

/** What an event takes in a message besides its content, in bytes: its id, names and frame. */
const OVERHEAD = 150;

/** The approximate size of an event in a message, in bytes. */
export function sizeOf({ type, data, metadata }: Proposal): number {
  return OVERHEAD + Buffer.byteLength(type) + data.length + metadata.length;
}

/** The name of the stream a record is in. */
export function streamNameOf(record: WireEvent): string {
  return text(record.getStreamIdentifier()?.getStreamName_asU8() ?? new Uint8Array());
}

/** The type of a record. */
export function typeOf(record: WireEvent): string {
  return record.getMetadataMap().get('type') ?? '';
}

/** The position of a record in the whole log. */
export function positionOf(record: WireEvent): Position {
  const ordinal = ordinalAt(record.getCommitPosition(), record.getPreparePosition());
  return positionAt(ordinal, record.getId()?.getString() ?? '');
}

/**
 * The position of the record with this id. It contains the last 40 bits of the id (ten hexadecimal digits), because
 * another event at the same place shows that the log was replaced (ADR 0004).
 */
export function positionAt(ordinal: bigint, uuid: string): Position {
  const tag = Number.parseInt(uuid.slice(-10), 16);
  return eventPosition(ordinal, Number.isNaN(tag) ? 0 : tag);
}

/** Combines commit and prepare position into one number with the same order: commit first. */
export function ordinalAt(commit: string | number, prepare: string | number): bigint {
  return (BigInt(commit) << 64n) | BigInt(prepare);
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
export function storedEventOf(record: WireEvent, streamId: StreamId): StoredEvent {
  const type = typeOf(record);
  const revisionOfEvent = revision(BigInt(record.getStreamRevision()));
  try {
    const envelope = envelopeOf(record.getCustomMetadata_asU8());
    const event: RecordedEvent = {
      id: eventIdOf(record.getId()?.getString() ?? ''),
      streamId,
      revision: revisionOfEvent,
      position: positionOf(record),
      recordedAt: parseInstant(envelope.recordedAt),
      type,
      schemaVersion: envelope.schemaVersion,
      data: dataOf(record),
      metadata: metadataOf(envelope),
      ...(envelope.append !== undefined && { append: envelope.append }),
    };
    return { event, receipt: envelope.receipt };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const problem = `this library did not write it (${reason})`;
    throw new Fault(
      'unreadable-event',
      { streamId, revision: revisionOfEvent, type, schemaVersion: 0, problem },
      cause,
    );
  }
}

/** The content of a record. @throws TypeError, SyntaxError when it is not a JSON object. */
export function dataOf(record: WireEvent): JsonObject {
  const data = jsonIn(record);
  if (isJsonObject(data)) return data;
  throw new TypeError('the data of an event must be an object');
}

function envelopeOf(bytes: Uint8Array): Envelope {
  const envelope: unknown = JSON.parse(text(bytes));
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

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

/** A record of the whole log, as received. Its event is decoded on first use, and cached. */
export class LogRecord {
  readonly streamName: string;
  readonly type: string;
  readonly position: Position;
  readonly wire: WireEvent;
  #stored: StoredEvent | undefined;

  constructor(wire: WireEvent) {
    this.wire = wire;
    this.streamName = streamNameOf(wire);
    this.type = typeOf(wire);
    this.position = positionOf(wire);
  }

  /** The id as the server returns it. */
  get uuid(): string {
    return this.wire.getId()?.getString() ?? '';
  }

  /** The event of the record; an unreadable one if this library did not write it. */
  stored(streamId: StreamId): StoredEvent {
    this.#stored ??= this.#read(streamId);
    return this.#stored;
  }

  #read(streamId: StreamId): StoredEvent {
    try {
      return storedEventOf(this.wire, streamId);
    } catch (error) {
      if (!isFault(error, 'unreadable-event')) throw error;
      return { event: faultyEvent(aroundOf(this.wire, error), error), receipt: undefined };
    }
  }
}

/** The readable facts of an event that another program wrote to a stream of this store. */
function aroundOf(wire: WireEvent, { facts }: Fault<'unreadable-event'>): Parameters<typeof faultyEvent>[0] {
  return {
    id: eventIdOf(wire.getId()?.getString() ?? ''),
    streamId: facts.streamId,
    revision: revision(BigInt(wire.getStreamRevision())),
    position: positionOf(wire),
    // The server's timestamps are in units of 100 ns.
    recordedAt: instant(Number(BigInt(wire.getMetadataMap().get('created') ?? '0') / 10_000n)),
    type: facts.type,
  };
}
