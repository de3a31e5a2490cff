import { status } from '@grpc/grpc-js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import statusPb from '@eventstore/db-client/generated/status_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import any from 'google-protobuf/google/protobuf/any_pb.js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import type { AppendResult, Expectation } from './append-check.js';
import type { AppendError } from './fault-script.js';

type Written = Extract<AppendResult, { result: 'written' }>;

/** `Append` says a wrong version in a response with status OK, in new and in old fields (checklist 3, 4). */
export function wrongVersionResponse(current: bigint, expected: Expectation): streams.AppendResp {
  const wrong = new streams.AppendResp.WrongExpectedVersion();
  if (current < 0n) {
    wrong.setCurrentNoStream(new shared.Empty());
    wrong.setNoStream2060(new shared.Empty());
  } else {
    wrong.setCurrentRevision(String(current));
    wrong.setCurrentRevision2060(Number(current));
  }
  if (expected === 'any') {
    wrong.setExpectedAny(new shared.Empty());
    wrong.setAny2060(new shared.Empty());
  } else if (expected === 'stream_exists') {
    wrong.setExpectedStreamExists(new shared.Empty());
    wrong.setStreamExists2060(new shared.Empty());
  } else if (expected === 'no_stream') {
    wrong.setExpectedNoStream(new shared.Empty());
    // 2^64-1, as near as a number comes to it.
    wrong.setExpectedRevision2060(2 ** 64 - 2 ** 11);
  } else {
    wrong.setExpectedRevision(String(expected));
    wrong.setExpectedRevision2060(Number(expected));
  }
  const response = new streams.AppendResp();
  response.setWrongExpectedVersion(wrong);
  return response;
}

/** The position is that of the last event (checklist 10); an empty append to nothing has no revision (15). */
export function successResponse({ revision, position }: Written): streams.AppendResp {
  const success = new streams.AppendResp.Success();
  if (revision < 0n) success.setNoStream(new shared.Empty());
  else success.setCurrentRevision(String(revision));
  if (position === undefined) success.setNoPosition(new shared.Empty());
  else {
    const place = new streams.AppendResp.Position();
    place.setCommitPosition(String(position));
    place.setPreparePosition(String(position));
    success.setPosition(place);
  }
  const response = new streams.AppendResp();
  response.setSuccess(success);
  return response;
}

/** The same in a batch. */
export function successInBatch({ revision, position }: Written): streams.BatchAppendResp {
  const success = new streams.BatchAppendResp.Success();
  if (revision < 0n) success.setNoStream(new empty.Empty());
  else success.setCurrentRevision(String(revision));
  if (position === undefined) success.setNoPosition(new empty.Empty());
  else {
    const place = new shared.AllStreamPosition();
    place.setCommitPosition(String(position));
    place.setPreparePosition(String(position));
    success.setPosition(place);
  }
  const response = new streams.BatchAppendResp();
  response.setSuccess(success);
  return response;
}

/** A wrong version in a batch is an error with one detail (reference §2.2). */
export function wrongVersionInBatch(current: bigint, expected: Expectation): streams.BatchAppendResp {
  const wrong = new shared.WrongExpectedVersion();
  if (current < 0n) wrong.setCurrentNoStream(new empty.Empty());
  else wrong.setCurrentStreamRevision(String(current));
  if (expected === 'any') wrong.setExpectedAny(new empty.Empty());
  else if (expected === 'stream_exists') wrong.setExpectedStreamExists(new empty.Empty());
  else if (expected === 'no_stream') wrong.setExpectedNoStream(new empty.Empty());
  else wrong.setExpectedStreamPosition(String(expected));
  return errorInBatch(status.ALREADY_EXISTS, 'WrongExpectedVersion', pack('WrongExpectedVersion', wrong));
}

/** A tombstone, or a soft-deleted stream that should exist. */
export function deletedInBatch(): streams.BatchAppendResp {
  return errorInBatch(status.NOT_FOUND, 'StreamDeleted', pack('StreamDeleted', new shared.StreamDeleted()));
}

/** Too much for one append. */
export function tooBigInBatch(limit: number): streams.BatchAppendResp {
  const detail = new shared.MaximumAppendSizeExceeded();
  detail.setMaxappendsize(limit);
  const packed = pack('MaximumAppendSizeExceeded', detail);
  return errorInBatch(status.INVALID_ARGUMENT, 'MaximumAppendSizeExceeded', packed);
}

/** Whatever else the table of reference §2.2 holds. */
export function failureInBatch(error: AppendError): streams.BatchAppendResp {
  switch (error) {
    case 'timeout':
      return errorInBatch(status.DEADLINE_EXCEEDED, 'Timeout', pack('Timeout', new shared.Timeout()));
    case 'unknown':
      return errorInBatch(status.UNKNOWN, 'Unknown', pack('Unknown', new shared.Unknown()));
    case 'access-denied':
      return errorInBatch(status.PERMISSION_DENIED, 'AccessDenied', pack('AccessDenied', new shared.AccessDenied()));
    case 'bad-request':
      return errorInBatch(status.INVALID_ARGUMENT, 'BadRequest', pack('BadRequest', new shared.BadRequest()));
    case 'event-too-big':
      // The shipped stubs lack this message: an empty one under its name is on the wire what its defaults are.
      return errorInBatch(
        status.INVALID_ARGUMENT,
        'MaximumAppendEventSizeExceeded',
        pack('MaximumAppendEventSizeExceeded', new shared.BadRequest()),
      );
    case 'busy':
      return errorInBatch(status.OK, 'Server Is Busy', packEmpty());
    case 'not-ready':
      return errorInBatch(status.OK, 'Server Is Not Ready', packEmpty());
    case 'no-leader':
      // An answer, not the end of the call (real servers).
      return errorInBatch(status.OK, 'No leader info available in response', packEmpty());
    case 'no-details':
      return errorInBatch(status.INTERNAL, 'InternalError', undefined);
  }
}

function errorInBatch(code: status, message: string, details: any.Any | undefined): streams.BatchAppendResp {
  const error = new statusPb.Status();
  error.setCode(Number(code));
  error.setMessage(message);
  error.setDetails(details);
  const response = new streams.BatchAppendResp();
  response.setError(error);
  return response;
}

function pack(name: string, detail: { serializeBinary(): Uint8Array }): any.Any {
  const packed = new any.Any();
  packed.pack(detail.serializeBinary(), `event_store.client.${name}`);
  return packed;
}

function packEmpty(): any.Any {
  const packed = new any.Any();
  packed.pack(new empty.Empty().serializeBinary(), 'google.protobuf.Empty');
  return packed;
}
