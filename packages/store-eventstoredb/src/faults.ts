import { isFault } from '@login-policy/event-sourcing';
import { UnavailableError } from '@eventstore/db-client';
import type { Revision, StreamId } from '@login-policy/event-sourcing';
import {
  ConcurrentChange,
  type Append,
  type Fault,
  StoreDamaged,
  StoreForeign,
  StoreUnavailable,
  UnserialisableData,
} from '@login-policy/event-sourcing/store';

/** The store's name in faults. */
export const STORE = 'EventStoreDB';

/** The statuses of gRPC that tell something apart here. */
const CANCELLED = 1;
const UNKNOWN = 2;
const INVALID_ARGUMENT = 3;
const PERMISSION_DENIED = 7;
const UNIMPLEMENTED = 12;
const UNAVAILABLE = 14;
const UNAUTHENTICATED = 16;

/** How a call ended, as the transport says it. */
interface CallError extends Error {
  readonly code: number;
  readonly details: string;
  readonly metadata?: { getMap(): Readonly<Record<string, unknown>> };
}

/** A call that ended badly: what it means to the caller, and whether trying again is of no use. */
export interface Failure {
  readonly fault: Fault;
  readonly isFinal: boolean;
}

/** What the end of a read or a subscription means. Anything unknown is taken for something that passes. */
export function failureOf(error: unknown, doing: string): Failure {
  if (isFault(error)) return { fault: error, isFinal: !isFault(error, 'store-unavailable') };
  if (!isCallError(error)) return passing(`${doing} failed`, error);
  if (trailer(error, 'exception') === 'stream-deleted') {
    return { isFinal: true, fault: deletedOutside(trailer(error, 'stream-name') ?? 'a stream', error) };
  }
  switch (error.code) {
    case PERMISSION_DENIED:
    case UNAUTHENTICATED:
      return { isFinal: true, fault: accessDenied(doing, error) };
    case UNIMPLEMENTED:
      return { isFinal: true, fault: foreign('the server is older than 21.10 or no EventStoreDB', error) };
    case INVALID_ARGUMENT:
      return { isFinal: true, fault: foreign(`${doing} was refused: ${error.details}`, error) };
    default:
      return passing(`${doing} ended with status ${error.code}: ${error.details}`, error);
  }
}

/** Whether what was caught came of the store and its connection; anything else is a defect. */
export function isFailure(error: unknown): boolean {
  return isFault(error) || isCallError(error);
}

/** Whether what was caught says that what the store keeps is not sound. */
export function isDamage(error: unknown): boolean {
  return isFault(failureOf(error, 'reading').fault, 'store-damaged');
}

/**
 * What to tell the client so that it connects anew, if the error calls for it: the server is away, has reset the call, or
 * is not the leader. A not-leader that names no leader would make the client throw where nobody catches it, so it is
 * told that the server is away.
 */
export function needsNewConnection(error: unknown): Error | undefined {
  if (error instanceof UnavailableError) return error;
  if (!isCallError(error) || isOwnCancellation(error)) return undefined;
  if (trailer(error, 'exception') === 'not-leader') {
    const isComplete = trailer(error, 'leader-endpoint-host') && trailer(error, 'leader-endpoint-port');
    return isComplete === undefined || isComplete === '' ? new UnavailableError(undefined, error.message) : error;
  }
  // A node that knows no leader says so with UNKNOWN and a text, as the server does with all that goes wrong inside it.
  const isAway = [UNAVAILABLE, CANCELLED, UNKNOWN].includes(error.code);
  return isAway ? new UnavailableError(undefined, error.message) : undefined;
}

/** Whether the call was ended from this side. */
export function isOwnCancellation(error: unknown): boolean {
  return isCallError(error) && error.code === CANCELLED && error.details === 'Cancelled on client';
}

/** What the name of an answer's detail says of an append; `undefined` when it does not tell whether it was written. */
export function appendRefusal(detail: string, streamName: string, limit: number | undefined): Fault | undefined {
  switch (detail) {
    case 'event_store.client.StreamDeleted':
      return deletedOutside(streamName);
    case 'event_store.client.AccessDenied':
      return accessDenied(`appending to ${streamName}`);
    case 'event_store.client.MaximumAppendSizeExceeded':
      return tooBig(`the append has more than the ${limit ?? 'allowed'} bytes the server takes`);
    case 'event_store.client.MaximumAppendEventSizeExceeded':
      return tooBig('an event has more bytes than the server takes');
    case 'event_store.client.BadRequest':
      return foreign(`the server does not understand what was appended to ${streamName}`);
    default:
      return undefined;
  }
}

/** Someone took the stream away: the library never deletes. */
export function deletedOutside(streamName: string, cause?: unknown): StoreDamaged {
  return new StoreDamaged({ store: STORE, problem: `${streamName} was deleted outside the library` }, cause);
}

/** Someone cut off the beginning of the stream, by `$maxCount`, `$maxAge` or `$tb`. */
export function historyCutOff(streamId: string, missing: string): StoreDamaged {
  const problem = `${missing} of ${streamId} can't be read: its history was cut off outside the library`;
  return new StoreDamaged({ store: STORE, problem });
}

/** An append had to wait for so long that it was not begun. */
export function notBegun(streamId: StreamId, withinMs: number): StoreUnavailable {
  const problem = `appending to ${streamId} could not begin within ${withinMs} ms; nothing was written`;
  return new StoreUnavailable({ store: STORE, problem });
}

/**
 * Others were first, again and again; or the event that was first can't be read by anybody: it is one of a leader that
 * has lost its followers.
 */
export function overtaken({ streamId, expected }: Append, attempts: number, actual: Revision | undefined): Fault {
  if (expected === 'any' || expected === 'stream-exists') return new ConcurrentChange({ streamId, attempts });
  const where = actual === undefined ? '' : ` at revision ${actual}`;
  const problem = `${streamId} has an event${where} that can't be read: the leader has not replicated it`;
  return new StoreUnavailable({ store: STORE, problem });
}

/** Whether something went wrong inside the server: at a position that does not exist, for one, or because it knows no leader. */
export function isFailureInside(error: unknown): boolean {
  return isCallError(error) && error.code === UNKNOWN;
}

/** Not a receipt: this library did not write it. */
export function damagedReceipt(streamName: string, cause: unknown): StoreDamaged {
  return new StoreDamaged({ store: STORE, problem: `${streamName} does not hold a receipt` }, cause);
}

/** More than fits into an append. */
export function tooBig(problem: string): UnserialisableData {
  return new UnserialisableData({ path: '$', problem });
}

/** The user the calls come from has no right to it: that does not pass by waiting. */
function accessDenied(doing: string, cause?: unknown): StoreForeign {
  return foreign(`access was denied, ${doing}`, cause);
}

function foreign(problem: string, cause?: unknown): StoreForeign {
  return new StoreForeign({ store: STORE, problem }, cause);
}

function passing(problem: string, cause: unknown): Failure {
  return { isFinal: false, fault: new StoreUnavailable({ store: STORE, problem }, cause) };
}

function isCallError(error: unknown): error is CallError {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' && 'details' in error;
}

function trailer(error: CallError, name: string): string | undefined {
  const value = error.metadata?.getMap()[name];
  if (typeof value === 'string') return value;
  return Buffer.isBuffer(value) ? value.toString('utf8') : undefined;
}
