import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { Revision, StreamId } from '@login-policy/event-sourcing';
import { identifierOf } from './requests.js';
import type { Proposal } from './record-codec.js';

/**
 * One append, ready to send. It names the exact revision to append after. The server compares it with the log, so an
 * append that is sent twice is written only once (reference §2.3).
 */
export interface PreparedAppend {
  readonly streamId: StreamId;
  readonly streamName: string;
  readonly expected: Revision | 'no-stream';
  readonly proposals: readonly Proposal[];
}

/**
 * Creates the request of one append. It sets no deadline. The generated stubs accept only an absolute time, which on a
 * machine with a wrong clock could have passed already for the server. Without a deadline, the server applies its
 * default time-out of 2 s.
 */
export function batchRequest(prepared: PreparedAppend, correlationId: string): streams.BatchAppendReq {
  const request = new streams.BatchAppendReq();
  request.setCorrelationId(uuid(correlationId));
  request.setOptions(optionsOf(prepared));
  request.setProposedMessagesList(prepared.proposals.map(messageOf));
  request.setIsFinal(true);
  return request;
}

function optionsOf({ streamName, expected }: PreparedAppend): streams.BatchAppendReq.Options {
  const options = new streams.BatchAppendReq.Options();
  options.setStreamIdentifier(identifierOf(streamName));
  if (expected === 'no-stream') options.setNoStream(new shared.Empty());
  else options.setStreamPosition(String(expected));
  return options;
}

function messageOf({ uuid: id, type, data, metadata }: Proposal): streams.BatchAppendReq.ProposedMessage {
  const message = new streams.BatchAppendReq.ProposedMessage();
  message.setId(uuid(id));
  message.getMetadataMap().set('type', type).set('content-type', 'application/json');
  message.setData(data);
  message.setCustomMetadata(metadata);
  return message;
}

function uuid(text: string): shared.UUID {
  const message = new shared.UUID();
  message.setString(text);
  return message;
}
