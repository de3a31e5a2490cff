import type { Status } from '@eventstore/db-client/generated/status_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import { revision, type Revision } from '@login-policy/event-sourcing';
import type { Fault } from '@login-policy/event-sourcing/store';
import { appendRefusal } from './faults.js';
import { placeOf } from './rows.js';

/**
 * The outcome of one attempt to append.
 *
 * - `written`: the events are in the log, the last one at `last`. `place` may be absent if an earlier attempt wrote
 *   them.
 * - `conflict`: another writer was first, and nothing was written. `actual` is the stream's last revision; `undefined`
 *   without events.
 * - `refused`: nothing was written; the fault says why.
 * - `lost`: the outcome is unknown.
 */
export type Answer =
  | { readonly kind: 'written'; readonly last: Revision | undefined; readonly place: bigint | undefined }
  | { readonly kind: 'conflict'; readonly actual: Revision | undefined }
  | { readonly kind: 'refused'; readonly fault: Fault }
  | Lost;

/** The outcome of the append is unknown. */
export interface Lost {
  readonly kind: 'lost';
  readonly cause: unknown;
  /** Whether the node asked to send appends to another node. */
  readonly isAway?: boolean;
}

const DETAIL = 'event_store.client.';
/** The only detail of an error that is not about the append: the node is not ready, is busy, or knows no leader. */
const EMPTY = 'google.protobuf.Empty';

/** Reads the server's answer to one append of a batch. An unclear answer counts as lost. */
export function answerOf(response: BatchAppendResp, streamName: string): Answer {
  const success = response.getSuccess();
  if (success !== undefined) {
    const place = success.getPosition();
    return {
      kind: 'written',
      last: success.hasCurrentRevision() ? revision(BigInt(success.getCurrentRevision())) : undefined,
      place: place === undefined ? undefined : placeOf(place.getCommitPosition(), place.getPreparePosition()),
    };
  }
  const error = response.getError();
  return error === undefined
    ? lost('the server answered with neither success nor error')
    : answerOfError(error, streamName);
}

/** An attempt whose answer will never arrive. */
export function lost(cause: unknown): Lost {
  return { kind: 'lost', cause: typeof cause === 'string' ? new Error(cause) : cause };
}

function answerOfError(error: Status, streamName: string): Answer {
  const details = error.getDetails();
  const name = details?.getTypeName() ?? '';
  const bytes = details?.getValue_asU8() ?? new Uint8Array();
  if (name === `${DETAIL}WrongExpectedVersion`) {
    const wrong = shared.WrongExpectedVersion.deserializeBinary(bytes);
    const actual = wrong.hasCurrentStreamRevision() ? revision(BigInt(wrong.getCurrentStreamRevision())) : undefined;
    return { kind: 'conflict', actual };
  }
  const isTooBig = name === `${DETAIL}MaximumAppendSizeExceeded`;
  const limit = isTooBig ? shared.MaximumAppendSizeExceeded.deserializeBinary(bytes).getMaxappendsize() : undefined;
  const fault = appendRefusal(name, streamName, limit);
  if (fault !== undefined) return { kind: 'refused', fault };
  return { ...lost(`${name || 'no detail'}: ${error.getMessage()}`), isAway: name === EMPTY };
}
