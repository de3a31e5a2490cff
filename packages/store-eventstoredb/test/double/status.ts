import { Metadata, status, type ServiceError } from '@grpc/grpc-js';

/** How a call ends when it does not end well: what grpc-js makes a status of, with the server's trailers. */
export type CallEnd = Partial<ServiceError>;

/** A bare status, as gRPC itself or Kestrel gives it. */
export function bare(code: status, details: string): CallEnd {
  return { code, details };
}

/** The server is going down, is not ready, or a proxy says so (reference §5). */
export const UNAVAILABLE: CallEnd = bare(status.UNAVAILABLE, 'Server is not ready');

/** A long call was reset by the server (reference §4.3). */
export const CANCELLED: CallEnd = bare(status.CANCELLED, 'The operation was cancelled by the server');

/** Anything thrown inside the server (reference §5). */
export const UNKNOWN: CallEnd = bare(status.UNKNOWN, 'Exception was thrown by handler.');

/** Wrong password: no `exception` trailer (checklist 36). */
export const UNAUTHENTICATED: CallEnd = bare(status.UNAUTHENTICATED, 'Not authenticated');

/** 23.10 gives up on a subscriber who does not read (reference §0.10). */
export const TOO_SLOW: CallEnd = bare(
  status.ABORTED,
  'Operation timed out: Consumer too slow to handle event while live. Client resubscription required.',
);

/** The ACL says no (checklist 36). */
export const ACCESS_DENIED: CallEnd = withTrailers(status.PERMISSION_DENIED, 'Access Denied', {
  exception: 'access-denied',
});

/** No majority acknowledged an append: the node was deposed, or has not taken over. */
export const NOT_ACKNOWLEDGED: CallEnd = bare(
  status.ABORTED,
  'Operation timed out: Request canceled by server - likely due to deposed leader',
);

/** Reading, writing or subscribing to a stream with a tombstone (checklist 18). */
export function streamDeleted(streamName: string): CallEnd {
  const text = `Event stream '${streamName}' is deleted.`;
  return withTrailers(status.FAILED_PRECONDITION, text, { exception: 'stream-deleted', 'stream-name': streamName });
}

/** A call with `requires-leader` on a node that does not lead (checklist 35). */
export function notLeader(host: string, port: number): CallEnd {
  return withTrailers(status.NOT_FOUND, `Leader info available`, {
    exception: 'not-leader',
    'leader-endpoint-host': host,
    'leader-endpoint-port': String(port),
  });
}

/** Not the leader, and no word on who is: no such trailers (reference §1). */
export const NO_LEADER: CallEnd = bare(status.UNKNOWN, 'No leader info available in response');

/** Too much for one append, unary (reference §2.4). */
export function appendTooBig(limit: number): CallEnd {
  return withTrailers(status.INVALID_ARGUMENT, `Maximum Append Size of ${limit} Exceeded.`, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': String(limit),
  });
}

/** An event without a type or a content type (reference §2.4). */
export function propertyMissing(name: string): CallEnd {
  return withTrailers(status.INVALID_ARGUMENT, `Required Metadata Property '${name}' is missing`, {
    exception: 'missing-required-metadata-property',
    'required-metadata-properties': 'type,content-type',
  });
}

/** Deletes say it as a status, appends as a response (checklist 3). Numbers: -1 no events, -2 any, -4 exists. */
export function wrongVersionOfDelete(streamName: string, expected: bigint, actual: bigint): CallEnd {
  return withTrailers(status.FAILED_PRECONDITION, `Append failed due to WrongExpectedVersion.`, {
    exception: 'wrong-expected-version',
    'stream-name': streamName,
    'expected-version': String(expected),
    'actual-version': String(actual),
  });
}

function withTrailers(code: status, details: string, trailers: Readonly<Record<string, string>>): CallEnd {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(trailers)) metadata.set(name, value);
  return { code, details, metadata };
}
