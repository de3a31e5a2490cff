import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { LogRecord } from './event-log.js';

/** A message for a reader: bytes that were made before, or a message to be written. */
export type ReadMessage = streams.ReadResp | Buffer;

/**
 * The tests load both clients in one process. Once the newer one is loaded, its generated code also writes the messages
 * of the older one, which lack these members (ADR 10).
 */
const { BatchAppendReq, ReadResp } = streams;
for (const message of [BatchAppendReq.Options, ReadResp.CaughtUp, ReadResp.FellBehind, ReadResp.Checkpoint])
  for (const member of ['getDeadline21100', 'getTimestamp', 'getPosition'])
    Object.assign(message.prototype, { [member]: () => undefined });

const kept = new WeakMap<LogRecord, Buffer>();

/** A record as a reader gets it. The bytes are kept: the double is not what a benchmark should measure. */
export function eventMessage(record: LogRecord): Buffer {
  const known = kept.get(record);
  if (known !== undefined) return known;
  const bytes = Buffer.from(makeEventMessage(record).serializeBinary());
  kept.set(record, bytes);
  return bytes;
}

/** Positions are filled in stream reads too (checklist 17). */
function makeEventMessage(record: LogRecord): streams.ReadResp {
  const event = new streams.ReadResp.ReadEvent.RecordedEvent();
  event.setId(uuidOf(record.id));
  event.setStreamIdentifier(identifierOf(record.streamName));
  event.setStreamRevision(String(record.revision));
  event.setPreparePosition(String(record.position));
  event.setCommitPosition(String(record.position));
  event.getMetadataMap().set('type', record.type);
  event.getMetadataMap().set('created', String(record.created));
  event.getMetadataMap().set('content-type', record.isJson ? 'application/json' : 'application/octet-stream');
  event.setCustomMetadata(record.metadata);
  event.setData(record.data);
  const read = new streams.ReadResp.ReadEvent();
  read.setEvent(event);
  read.setCommitPosition(String(record.position));
  const message = new streams.ReadResp();
  message.setEvent(read);
  return message;
}

/** A missing or soft-deleted stream is a message and status OK (checklist 18). */
export function notFoundMessage(streamName: string): ReadMessage {
  const notFound = new streams.ReadResp.StreamNotFound();
  notFound.setStreamIdentifier(identifierOf(streamName));
  const message = new streams.ReadResp();
  message.setStreamNotFound(notFound);
  return message;
}

/** The last message of a read of a stream, for a client that asks for it (reference §3.2). */
export function lastPositionMessage(revision: bigint): ReadMessage {
  const message = new streams.ReadResp();
  message.setLastStreamPosition(String(revision));
  return message;
}

/** The first message of every subscription (checklist 28). */
export function confirmationMessage(): ReadMessage {
  const confirmation = new streams.ReadResp.SubscriptionConfirmation();
  confirmation.setSubscriptionId(globalThis.crypto.randomUUID());
  const message = new streams.ReadResp();
  message.setConfirmation(confirmation);
  return message;
}

/** All that was there has been sent. Says nothing of where that was: this client knows no such field. */
export function caughtUpMessage(): ReadMessage {
  const message = new streams.ReadResp();
  message.setCaughtUp(new streams.ReadResp.CaughtUp());
  return message;
}

/** How far a filtered subscription has looked; its prepare position may be 0 (reference §0.9). */
export function checkpointMessage(commit: bigint, prepare: bigint): ReadMessage {
  const checkpoint = new streams.ReadResp.Checkpoint();
  checkpoint.setCommitPosition(String(commit));
  checkpoint.setPreparePosition(String(prepare));
  const message = new streams.ReadResp();
  message.setCheckpoint(checkpoint);
  return message;
}

export function identifierOf(streamName: string): shared.StreamIdentifier {
  const identifier = new shared.StreamIdentifier();
  identifier.setStreamName(Buffer.from(streamName, 'utf8'));
  return identifier;
}

/** Stream names travel as UTF-8 bytes (reference §2.1). */
export function streamNameOf(identifier: shared.StreamIdentifier | undefined): string {
  return Buffer.from(identifier?.getStreamName_asU8() ?? []).toString('utf8');
}

export function uuidOf(text: string): shared.UUID {
  const uuid = new shared.UUID();
  uuid.setString(text);
  return uuid;
}
