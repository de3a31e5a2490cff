import { type Fault, revision, type Revision } from '@login-policy/event-sourcing';
import { appendRefusal } from './faults.js';
import { Fields } from './protobuf.js';
import { LogRecord, ordinalIn } from './record.js';

/** A message of a read. */
export interface ReadMessage {
  /** Links are not followed, so this is never the target of one. */
  readonly record: LogRecord | undefined;
  readonly isStreamNotFound: boolean;
  /** Whether it names the last event of the stream, after which the read ends. */
  readonly isEndOfStream: boolean;
}

/** Decodes a message of a read. @throws RangeError when it is malformed. */
export function readMessageIn(bytes: Buffer): ReadMessage {
  const message = new Fields(bytes);
  const record = message.message(1)?.message(1);
  return {
    record: record && new LogRecord(record),
    isStreamNotFound: message.has(4),
    isEndOfStream: message.has(6),
  };
}

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

/** The answer of an attempt whose outcome is unknown. */
export function lost(cause: unknown): Lost {
  return { kind: 'lost', cause: typeof cause === 'string' ? new Error(cause) : cause };
}

/** The server's answer to one append of a batch. */
export interface BatchAnswer {
  /** The correlation id of the append. */
  readonly id: string;
  /** What it says of the append to this stream. An unclear answer counts as lost. */
  read(streamName: string): Answer;
}

/** Decodes the answer to one append of a batch. @throws RangeError when it is malformed. */
export function batchAnswerIn(bytes: Buffer): BatchAnswer {
  const message = new Fields(bytes);
  return {
    id: message.message(1)?.text(2) ?? '',
    read: (streamName) => {
      const [error, success] = [message.message(2), message.message(3)];
      if (success !== undefined) {
        const position = success.message(3);
        return { kind: 'written', last: revisionIn(success), ordinal: position && ordinalIn(position, 1, 2) };
      }
      if (error === undefined) return lost('the server answered with neither success nor error');
      return answerOfError(error, streamName);
    },
  };
}

/** Whether an append without events was accepted. */
export function isWrittenIn(bytes: Buffer): boolean {
  return new Fields(bytes).has(1);
}

const DETAIL = 'event_store.client.';
/** The detail of the errors that are not about the append: the node is not ready, is busy, or knows no leader. */
const NODE_UNAVAILABLE = 'google.protobuf.Empty';

function answerOfError(error: Fields, streamName: string): Answer {
  const details = error.message(3);
  const name = details?.text(1).replace(/^.*\//, '') ?? '';
  const detail = details?.message(2);
  if (name === `${DETAIL}WrongExpectedVersion`) return { kind: 'conflict', actual: detail && revisionIn(detail) };
  const isTooBig = name === `${DETAIL}MaximumAppendSizeExceeded`;
  const fault = appendRefusal(
    name,
    streamName,
    isTooBig && detail !== undefined ? Number(detail.integer(1)) : undefined,
  );
  if (fault !== undefined) return { kind: 'refused', fault };
  return { ...lost(`${name || 'no detail'}: ${error.text(2)}`), mustLeaveNode: name === NODE_UNAVAILABLE };
}

/** The last revision of a stream in a message; `undefined` where it has no events. */
function revisionIn(message: Fields): Revision | undefined {
  return message.has(1) ? revision(message.integer(1)) : undefined;
}
