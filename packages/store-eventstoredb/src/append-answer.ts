import type { Status } from '@eventstore/db-client/generated/status_pb.js';
import type { BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import { type Fault, revision, type Revision } from '@login-policy/event-sourcing';
import type { Messages } from './clients.js';
import { appendRefusal } from './faults.js';
import { ordinalAt } from './record.js';

/**
 * The outcome of one attempt to append.
 *
 * - `written`: the events are in the log. `last` is the revision of the last one, and `ordinal` its place in the whole
 *   log. `ordinal` may be absent if an earlier attempt wrote the events.
 * - `conflict`: another writer was first, and nothing was written. `actual` is the stream's last revision; `undefined`
 *   when the stream has no events.
 * - `refused`: nothing was written; the fault says why.
 * - `lost`: the outcome is unknown.
 */
export type Answer =
  | { readonly kind: 'written'; readonly last: Revision | undefined; readonly ordinal: bigint | undefined }
  | { readonly kind: 'conflict'; readonly actual: Revision | undefined }
  | { readonly kind: 'refused'; readonly fault: Fault }
  | Lost;

/** The outcome of the append is unknown. */
export interface Lost {
  readonly kind: 'lost';
  readonly cause: unknown;
  /** Whether the next append must go to another node. */
  readonly mustLeaveNode?: boolean;
}

const DETAIL = 'event_store.client.';
/** The detail of the errors that are not about the append: the node is not ready, is busy, or knows no leader. */
const NODE_UNAVAILABLE = 'google.protobuf.Empty';

/** Reads the server's answer to one append of a batch. An unclear answer counts as lost. */
export function answerOf(response: BatchAppendResp, streamName: string, messages: Messages): Answer {
  const success = response.getSuccess();
  if (success !== undefined) {
    const position = success.getPosition();
    return {
      kind: 'written',
      last: success.hasCurrentRevision() ? revision(BigInt(success.getCurrentRevision())) : undefined,
      ordinal:
        position === undefined ? undefined : ordinalAt(position.getCommitPosition(), position.getPreparePosition()),
    };
  }
  const error = response.getError();
  return error === undefined
    ? lost('the server answered with neither success nor error')
    : answerOfError(error, streamName, messages);
}

/** The answer of an attempt whose outcome is unknown. */
export function lost(cause: unknown): Lost {
  return { kind: 'lost', cause: typeof cause === 'string' ? new Error(cause) : cause };
}

function answerOfError(error: Status, streamName: string, { shared }: Messages): Answer {
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
  return { ...lost(`${name || 'no detail'}: ${error.getMessage()}`), mustLeaveNode: name === NODE_UNAVAILABLE };
}
