import type { Status } from '@eventstore/db-client/generated/status_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import { revision, type Revision } from '@login-policy/event-sourcing';
import type { Fault } from '@login-policy/event-sourcing/store';
import { appendRefusal } from './faults.js';
import { placeOf } from './rows.js';

/**
 * What is known of an append after one attempt.
 *
 * - `written`: it is there, its last event at `last`. Its place may be missing when the server found it there already;
 * - `conflict`: others were first, nothing was written; `actual` is where the stream is, `undefined` without events;
 * - `refused`: nothing was written, and the fault says why;
 * - `lost`: there is no telling.
 */
export type Answer =
  | { readonly kind: 'written'; readonly last: Revision | undefined; readonly place: bigint | undefined }
  | { readonly kind: 'conflict'; readonly actual: Revision | undefined }
  | { readonly kind: 'refused'; readonly fault: Fault }
  | Lost;

/** There is no telling whether the append is there. */
export interface Lost {
  readonly kind: 'lost';
  readonly cause: unknown;
  /** Whether the node has said that it is not the one to ask. */
  readonly isAway?: boolean;
}

const DETAIL = 'event_store.client.';
/** The only detail of an error that is not the append's: the node is not ready, or busy, or knows no leader. */
const EMPTY = 'google.protobuf.Empty';

/** Reads the server's answer to one append of a batch. What it does not say plainly counts as lost. */
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

/** An attempt of which nothing more will be heard. */
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
