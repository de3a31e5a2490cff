import shared from '@eventstore/db-client/generated/shared_pb.js';
import { paced } from '@login-policy/testkit';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import timestamp from 'google-protobuf/google/protobuf/timestamp_pb.js';
import { identifierOf, uuidOf } from '../double/messages.js';

/** What is expected of a stream; left out, no expectation is set. */
export type Expected = 'any' | 'no' | 'exists' | number | undefined;

/** An event as it is proposed; each part has a default that the server takes. */
export interface Proposed {
  readonly id?: string;
  readonly meta?: Readonly<Record<string, string>>;
  readonly data?: string;
}

/** When to stop listening: after so many messages, if the call does not end before. */
export interface Patience {
  readonly messages: number;
}

type Options = streams.ReadReq.Options;
type ProposedMessage = streams.AppendReq.ProposedMessage | streams.BatchAppendReq.ProposedMessage;

const JSON_EVENT = { type: 't', 'content-type': 'application/json' };
/** So long a server that will not answer is listened to; it was 8 s with real ones. */
const SILENCE_MS = 100;

/**
 * Puts questions to a server in the protocol's own messages. An answer is plain data; `silent` is one that did not
 * come.
 */
export class Asker {
  readonly #client: StreamsClient;

  constructor(port: number) {
    this.#client = new streamsGrpc.StreamsClient(`127.0.0.1:${port}`, credentials.createInsecure());
  }

  close(): void {
    this.#client.close();
  }

  /** `null` names no stream at all. */
  append(stream: string | null, expected: Expected, events: readonly Proposed[]): Promise<unknown> {
    return new Promise((resolve) => {
      const call = this.#client.append(new Metadata(), (error, answer) =>
        resolve(error === null ? answer.toObject() : endOf(error)),
      );
      call.on('error', () => undefined);
      const options = new streams.AppendReq.Options();
      if (stream !== null) options.setStreamIdentifier(identifierOf(stream));
      expect(options, expected, shared.Empty);
      const first = new streams.AppendReq();
      first.setOptions(options);
      call.write(first);
      for (const event of events) {
        const request = new streams.AppendReq();
        request.setProposedMessage(filled(new streams.AppendReq.ProposedMessage(), event));
        call.write(request);
      }
      call.end();
      setTimeout(() => resolve('silent'), paced(SILENCE_MS * 20)).unref();
    });
  }

  batch(
    stream: string,
    expected: Expected,
    { events, isFinal = true, isLate = false, messages }: BatchQuestion,
  ): Promise<unknown> {
    return new Promise((resolve) => {
      const call = this.#client.batchAppend(new Metadata());
      const came: unknown[] = [];
      const done = (): void => {
        call.cancel();
        resolve(came);
      };
      call.on('data', (answer: streams.BatchAppendResp) => {
        const [plain, typeUrl] = [answer.toObject(), answer.getError()?.getDetails()?.getTypeUrl()];
        came.push(plain.error === undefined ? plain : { ...plain, error: { ...plain.error, details: { typeUrl } } });
        if (came.length === messages) done();
      });
      call.on('error', (error: ServiceError) => resolve([...came, endOf(error)]));
      call.on('end', () => resolve(came));
      call.write(batchRequest(stream, expected, { events, isFinal, isLate }));
      if (messages === 0) setTimeout(done, SILENCE_MS);
    });
  }

  delete(stream: string, expected: Expected): Promise<unknown> {
    const options = new streams.DeleteReq.Options();
    options.setStreamIdentifier(identifierOf(stream));
    expect(options, expected, shared.Empty);
    const request = new streams.DeleteReq();
    request.setOptions(options);
    return new Promise((resolve) => {
      this.#client.delete(request, (error, answer) => resolve(error === null ? answer.toObject() : endOf(error)));
    });
  }

  tombstone(stream: string, expected: Expected): Promise<unknown> {
    const options = new streams.TombstoneReq.Options();
    options.setStreamIdentifier(identifierOf(stream));
    expect(options, expected, shared.Empty);
    const request = new streams.TombstoneReq();
    request.setOptions(options);
    return new Promise((resolve) => {
      this.#client.tombstone(request, (error, answer) => resolve(error === null ? answer.toObject() : endOf(error)));
    });
  }

  /** `Infinity` messages: until it ends. */
  read(fill: (options: Options) => void, { messages }: Patience): Promise<unknown> {
    const call = this.#client.read(readRequest(fill), new Metadata());
    return new Promise((resolve) => {
      const came: unknown[] = [];
      const done = (): void => {
        call.cancel();
        resolve(came);
      };
      call.on('data', (message: streams.ReadResp) => {
        came.push(messageOf(message));
        if (came.length === messages) done();
      });
      call.on('error', (error: ServiceError) => resolve([...came, endOf(error)]));
      call.on('end', () => resolve(came));
      if (messages === 0) setTimeout(() => resolve('silent'), paced(SILENCE_MS));
    });
  }
}

/** One append of a batch; after so many answers the call is ended. */
export interface BatchQuestion extends Patience {
  readonly events: readonly Proposed[];
  readonly isFinal?: boolean;
  /** Its deadline has passed already. */
  readonly isLate?: boolean;
}

function batchRequest(
  stream: string,
  expected: Expected,
  { events, isFinal, isLate }: Required<Omit<BatchQuestion, 'messages'>>,
): streams.BatchAppendReq {
  const options = new streams.BatchAppendReq.Options();
  options.setStreamIdentifier(identifierOf(stream));
  expect(options, expected, empty.Empty);
  if (isLate) options.setDeadline(timestamp.Timestamp.fromDate(new Date(0)));
  const request = new streams.BatchAppendReq();
  request.setCorrelationId(uuidOf(crypto.randomUUID()));
  request.setOptions(options);
  for (const event of events) request.addProposedMessages(filled(new streams.BatchAppendReq.ProposedMessage(), event));
  request.setIsFinal(isFinal);
  return request;
}

function readRequest(fill: (options: Options) => void): streams.ReadReq {
  const options = new streams.ReadReq.Options();
  const uuids = new streams.ReadReq.Options.UUIDOption();
  uuids.setString(new shared.Empty());
  options.setUuidOption(uuids);
  options.setNoFilter(new shared.Empty());
  fill(options);
  const request = new streams.ReadReq();
  request.setOptions(options);
  return request;
}

interface Expecting<Empty> {
  setAny(value: Empty): unknown;
  setNoStream(value: Empty): unknown;
  setStreamExists(value: Empty): unknown;
  setRevision?(value: string): unknown;
  setStreamPosition?(value: string): unknown;
}

function expect<Empty>(options: Expecting<Empty>, expected: Expected, Made: new () => Empty): void {
  if (expected === 'any') options.setAny(new Made());
  else if (expected === 'no') options.setNoStream(new Made());
  else if (expected === 'exists') options.setStreamExists(new Made());
  else if (expected !== undefined) {
    options.setRevision?.(String(expected));
    options.setStreamPosition?.(String(expected));
  }
}

function filled<Message extends ProposedMessage>(message: Message, { id, meta = JSON_EVENT, data }: Proposed): Message {
  message.setId(uuidOf(id ?? crypto.randomUUID()));
  for (const [name, value] of Object.entries(meta)) message.getMetadataMap().set(name, value);
  message.setData(Buffer.from(data ?? '{"a":1}'));
  return message;
}

function endOf({ code, metadata }: ServiceError): unknown {
  return { err: { code, m: metadata.getMap() } };
}

/** A message as the notes of real servers have it: an event by its place, all else by its kind. */
function messageOf(message: streams.ReadResp): unknown {
  const event = message.getEvent()?.getEvent();
  if (event !== undefined) {
    const meta = Object.fromEntries(event.getMetadataMap().getEntryList());
    const name = Buffer.from(event.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString('utf8');
    return { ev: `${name}@${event.getStreamRevision()}`, meta, link: message.getEvent()?.hasLink() };
  }
  if (message.hasConfirmation()) return { confirmation: 'conf' };
  if (message.hasCaughtUp()) return { caughtUp: {} };
  return message.hasStreamNotFound() ? { streamNotFound: 'snf' } : message.toObject();
}
