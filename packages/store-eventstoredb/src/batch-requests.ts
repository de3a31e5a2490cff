import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { Revision, StreamId } from '@login-policy/event-sourcing';
import { identifierOf } from './requests.js';
import { sizeOf, type Proposal } from './rows.js';

/**
 * One append as it goes out. It always names exactly where the stream is believed to be: that is compared with the log, and
 * so the same order can be given again without ever being carried out twice (reference §2.3).
 */
export interface Order {
  readonly streamId: StreamId;
  readonly streamName: string;
  readonly expected: Revision | 'no-stream';
  readonly proposals: readonly Proposal[];
}

/** One message carries about so much; the server takes up to 16,767,216 bytes of it. */
const CHUNK_BYTES = 1_000_000;

/**
 * Makes the messages of one append. They name no deadline: this client's stubs know only one of wall-clock time, by which
 * a machine whose clock is wrong could never write. Without one the server takes its own, 2 s.
 */
export function batchRequests(order: Order, correlationId: string): readonly streams.BatchAppendReq[] {
  const requests: streams.BatchAppendReq[] = [];
  let current = requestOf(correlationId);
  current.setOptions(optionsOf(order));
  let bytes = 0;
  for (const proposal of order.proposals) {
    const size = sizeOf(proposal);
    if (bytes > 0 && bytes + size > CHUNK_BYTES) {
      requests.push(current);
      current = requestOf(correlationId);
      bytes = 0;
    }
    bytes += size;
    current.addProposedMessages(messageOf(proposal));
  }
  current.setIsFinal(true);
  requests.push(current);
  return requests;
}

function requestOf(correlationId: string): streams.BatchAppendReq {
  const request = new streams.BatchAppendReq();
  request.setCorrelationId(uuid(correlationId));
  return request;
}

function optionsOf({ streamName, expected }: Order): streams.BatchAppendReq.Options {
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
  const made = new shared.UUID();
  made.setString(text);
  return made;
}
