import { Fault, isFault, type Revision, type StreamId } from '@login-policy/event-sourcing';
import type { Append } from '@login-policy/event-sourcing/store';

/** The store's name in faults. */
export const STORE = 'EventStoreDB';

/** The gRPC status codes that this store distinguishes. */
const CANCELLED = 1;
const UNKNOWN = 2;
const INVALID_ARGUMENT = 3;
const PERMISSION_DENIED = 7;
const ABORTED = 10;
const UNIMPLEMENTED = 12;
const UNAVAILABLE = 14;
const UNAUTHENTICATED = 16;

const NO_RIGHT =
  'the user needs the right to read $all, to read and append to the streams of this store, and to read their metadata';

/** The error with which a gRPC call ended. */
interface CallError extends Error {
  readonly code: number;
  readonly details: string;
  readonly metadata?: { getMap(): Readonly<Record<string, unknown>> };
}

/** The fault for a failed call, and whether retrying is useless. */
export interface Failure {
  readonly fault: Fault;
  readonly isFinal: boolean;
}

/** The fault for the error of a read or subscription. An unknown error counts as temporary. */
export function failureOf(error: unknown, doing: string): Failure {
  if (isFault(error)) return { fault: error, isFinal: !isFault(error, 'store-unavailable') };
  if (!isCallError(error)) return temporary(`${doing} failed`, error);
  if (trailer(error, 'exception') === 'stream-deleted') {
    return { isFinal: true, fault: deletedOutside(trailer(error, 'stream-name') ?? 'a stream', error) };
  }
  switch (error.code) {
    case PERMISSION_DENIED:
      return { isFinal: true, fault: accessDenied(doing, NO_RIGHT, error) };
    case UNAUTHENTICATED:
      return { isFinal: true, fault: accessDenied(doing, 'the user name or the password is wrong', error) };
    case UNIMPLEMENTED:
      return { isFinal: true, fault: foreign('the server is older than 21.10 or not an EventStoreDB', error) };
    case INVALID_ARGUMENT:
      return { isFinal: true, fault: foreign(`${doing} was refused: ${error.details}`, error) };
    default:
      return temporary(`${doing} ended with status ${error.code}: ${error.details}`, error);
  }
}

/** Whether an error comes from the store or its connection. Any other error is a defect. */
export function isFailure(error: unknown): boolean {
  return isFault(error) || isCallError(error);
}

/**
 * The error to report to the client so that it reconnects; `undefined` when no reconnect is needed. Reconnecting helps
 * when the server is unavailable, has reset the call, or is not the leader. A not-leader error without the leader's
 * address would make the client throw an uncaught error, so it is reported as an unavailable server.
 */
export function needsNewConnection(error: unknown): Error | undefined {
  if (!isCallError(error)) return undefined;
  if (trailer(error, 'exception') === 'not-leader') {
    const isComplete = trailer(error, 'leader-endpoint-host') && trailer(error, 'leader-endpoint-port');
    return isComplete === undefined || isComplete === '' ? unreachable(error.message) : error;
  }
  // UNKNOWN is the status of every internal error, also of a node that knows no leader.
  const isUnavailable = [UNAVAILABLE, CANCELLED, UNKNOWN].includes(error.code);
  return isUnavailable ? unreachable(error.message) : undefined;
}

/** An error that makes a client reconnect, as if the server had sent it. */
export function unreachable(message: string): Error {
  return Object.assign(new Error(message), { code: UNAVAILABLE, details: message });
}

/** Whether this side cancelled the call. */
export function isOwnCancellation(error: unknown): boolean {
  return isCallError(error) && error.code === CANCELLED && error.details === 'Cancelled on client';
}

/** The fault for an append's error, by the type of the error's details; `undefined` when the outcome is unknown. */
export function appendRefusal(detail: string, streamName: string, limit: number | undefined): Fault | undefined {
  switch (detail) {
    case 'event_store.client.StreamDeleted':
      return deletedOutside(streamName);
    case 'event_store.client.AccessDenied':
      return accessDenied(`appending to ${streamName}`, NO_RIGHT);
    case 'event_store.client.MaximumAppendSizeExceeded':
      return tooBig(
        limit === undefined
          ? 'the append exceeds the server’s limit'
          : `the append exceeds the server’s limit of ${limit} bytes`,
      );
    case 'event_store.client.MaximumAppendEventSizeExceeded':
      return tooBig('an event exceeds the server’s size limit');
    case 'event_store.client.BadRequest':
      return foreign(`the server does not understand the append to ${streamName}`);
    default:
      return undefined;
  }
}

/** The library never deletes a stream. */
export function deletedOutside(streamName: string, cause?: unknown): Fault<'store-damaged'> {
  return new Fault('store-damaged', { store: STORE, problem: `${streamName} was deleted outside the library` }, cause);
}

/** Another program truncated the beginning of the stream, by `$maxCount`, `$maxAge` or `$tb`. */
export function historyCutOff(streamId: string, missing: string): Fault<'store-damaged'> {
  const problem = `${missing} of ${streamId} can't be read: its history was cut off outside the library`;
  return new Fault('store-damaged', { store: STORE, problem });
}

/** The event that a read continues after is gone, as after a restored backup: one read is of one history. */
export function historyReplaced(streamId: StreamId, last: Revision): Fault<'store-unavailable'> {
  return unavailable(`the event at revision ${last} of ${streamId} no longer exists: the history was replaced`);
}

/** The connection broke. The answer after a reconnect may be that of another server, or of a restored backup. */
export function connectionBroke(doing: string): Fault<'store-unavailable'> {
  return unavailable(`the connection broke while ${doing}`);
}

/** No majority has shown that the node leads. That says nothing about what it knows. */
export function notShown(why: string): Fault<'store-unavailable'> {
  return unavailable(`it was not shown that the node leads: ${why}`);
}

/**
 * The error to report for a barrier that failed. The client leaves a node that no majority follows: it may be deposed,
 * and it does not say so itself.
 */
export function unacknowledged(error: unknown): unknown {
  return isCallError(error) && error.code === ABORTED ? unreachable(error.message) : error;
}

/** The append waited too long and was not sent; `cause` says for what. */
export function notSent(streamId: StreamId, withinMs: number, cause?: unknown): Fault<'store-unavailable'> {
  const why = isFault(cause, 'store-unavailable') ? `: ${cause.facts.problem}` : '';
  return unavailable(
    `the append to ${streamId} could not be sent within ${withinMs} ms; nothing was written${why}`,
    cause,
  );
}

/**
 * Other writers were first on every attempt; or there was no time to read the event in conflict, or it can't be read,
 * because the leader that holds it has lost its followers.
 */
export function overtaken({ streamId, expected }: Append, attempts: number, actual: Revision | undefined): Fault {
  if (expected === 'any') return new Fault('concurrent-change', { streamId, attempts });
  const where = actual === undefined ? '' : ` at revision ${actual}`;
  return unavailable(`${streamId} has another event${where}, which could not be read in time; nothing was written`);
}

/**
 * Whether the server reported an internal error, for example for a position that does not exist or because it knows no
 * leader.
 */
export function isInternalError(error: unknown): boolean {
  return isCallError(error) && error.code === UNKNOWN;
}

/** The record is not a receipt that this library wrote. */
export function damagedReceipt(streamName: string, cause: unknown): Fault<'store-damaged'> {
  return new Fault('store-damaged', { store: STORE, problem: `${streamName} does not hold a receipt` }, cause);
}

/** The data exceeds the size limit. */
export function tooBig(problem: string): Fault<'unserialisable-data'> {
  return new Fault('unserialisable-data', { path: '$', problem });
}

/** Retrying does not help. */
function accessDenied(doing: string, reason: string, cause?: unknown): Fault<'store-foreign'> {
  return foreign(`access was denied while ${doing}: ${reason}`, cause);
}

/** The server, or what it holds, is not usable with this library. */
export function foreign(problem: string, cause?: unknown): Fault<'store-foreign'> {
  return new Fault('store-foreign', { store: STORE, problem }, cause);
}

/** The store can't answer now. Retrying may help. */
export function unavailable(problem: string, cause?: unknown): Fault<'store-unavailable'> {
  return new Fault('store-unavailable', { store: STORE, problem }, cause);
}

function temporary(problem: string, cause: unknown): Failure {
  return { isFinal: false, fault: unavailable(problem, cause) };
}

function isCallError(error: unknown): error is CallError {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' && 'details' in error;
}

function trailer(error: CallError, name: string): string | undefined {
  const value = error.metadata?.getMap()[name];
  if (typeof value === 'string') return value;
  return Buffer.isBuffer(value) ? value.toString('utf8') : undefined;
}
