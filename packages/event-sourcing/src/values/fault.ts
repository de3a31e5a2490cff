import { acrossCopies } from './across-copies.js';
import type { EventId } from './ids.js';
import type { Position } from './position.js';
import type { ExpectedRevision, Revision } from './revision.js';
import type { StreamId } from './stream-id.js';

/** The place of an event that could not be used. */
export interface EventPlace {
  readonly streamId: StreamId;
  readonly revision: Revision;
  readonly type: string;
  readonly schemaVersion: number;
}

/** The facts of each kind of fault, by its code. */
export interface FaultFacts {
  /** The stream is not at the revision the writer expected; nothing of the append was written. */
  readonly 'revision-conflict': {
    readonly streamId: StreamId;
    readonly expected: ExpectedRevision;
    readonly actual: Revision | undefined;
  };
  /** Another stream, which the append depends on, does not end with the expected event; nothing was written. */
  readonly 'other-stream-changed': {
    readonly streamId: StreamId;
    readonly expected: EventId | undefined;
    readonly actual: EventId | undefined;
  };
  /** Other writers changed the stream in every attempt at the command; nothing was written. */
  readonly 'concurrent-change': { readonly streamId: StreamId; readonly attempts: number };
  /** The answer to an append was lost and could not be recovered: the append may or may not have been written. */
  readonly 'outcome-unknown': { readonly streamId: StreamId };
  /**
   * An append was acknowledged, but the positions of its events could not be read in time. It is written and must not
   * be repeated.
   */
  readonly 'written-unseen': { readonly streamId: StreamId };
  /** The deadline passed or the caller gave up: a write had not begun, or a read still waited. */
  readonly 'deadline-exceeded': { readonly doing: string };
  /** The store can't be reached, or another process holds it. Nothing was written; a later attempt may succeed. */
  readonly 'store-unavailable': { readonly store: string; readonly problem: string };
  /** The store was closed by its owner. A call that came later, or still waited, wrote nothing. */
  readonly 'store-closed': { readonly store: string };
  /** There is no room left. Nothing was written; the stored data is intact. */
  readonly 'store-full': { readonly store: string };
  /**
   * The stored data is damaged, so it is not used. It was left as it was found. `remedy` is given where it is not a
   * backup.
   */
  readonly 'store-damaged': { readonly store: string; readonly problem: string; readonly remedy?: string };
  /**
   * The stored data belongs to another program or a newer version of this one, or the store's user lacks a right to it.
   * It was left as it was found.
   */
  readonly 'store-foreign': { readonly store: string; readonly problem: string };
  /**
   * The driver of a store is missing or can't run on this version of Node; nothing was opened. `remedy` is the command
   * that fixes it.
   */
  readonly 'driver-unusable': { readonly driver: string; readonly problem: string; readonly remedy: string };
  /** The data holds something that JSON can't represent. It was refused before it reached a store. */
  readonly 'unserialisable-data': { readonly path: string; readonly problem: string };
  /** A stored event of a known type has an unknown shape. */
  readonly 'unreadable-event': EventPlace & { readonly problem: string };
  /**
   * A stream holds an event of a type, or in a schema version, that this program does not know: a newer one wrote it.
   */
  readonly 'written-by-newer-program': EventPlace & { readonly problem: string };
  /** The stream has a receipt under this idempotency key already: nothing was written. */
  readonly 'receipt-exists': { readonly streamId: StreamId; readonly key: string };
  /** Another runner moved the checkpoint of this read model; nothing was written. */
  readonly 'checkpoint-conflict': {
    readonly model: string;
    readonly expected: Position | undefined;
    readonly actual: Position | undefined;
  };
  /** A projection stopped before an event it can't reduce; all earlier events are reduced and stored. */
  readonly 'projection-stopped': EventPlace & { readonly projection: string; readonly position: Position };
  /**
   * The read model did not reach the position the read needs in time. `required` is `undefined` when the store did not
   * say where its head is.
   */
  readonly 'projection-behind': {
    readonly projection: string;
    readonly required: Position | undefined;
    readonly reached: Position | undefined;
    readonly waitedMs: number;
  };
  /** A later rebuild of the same read model replaced this one's shadow. */
  readonly 'rebuild-superseded': { readonly model: string };
  /**
   * No event of this store is at the position: it is past the end, or another event is there. The position belongs to
   * another store, or to a history that was lost, for example by restoring a backup. An answer would be about other
   * events.
   */
  readonly 'position-unknown': { readonly position: Position; readonly head: Position };
}

/** The kinds of fault, as a closed set. Branch on the code, never on a message. */
export type FaultCode = keyof FaultFacts;

/** The faults that may be gone when the same call is repeated unchanged. */
const RETRYABLE: ReadonlySet<FaultCode> = new Set<FaultCode>([
  'revision-conflict',
  'other-stream-changed',
  'concurrent-change',
  'outcome-unknown',
  'deadline-exceeded',
  'store-unavailable',
  'store-full',
  'receipt-exists',
  'checkpoint-conflict',
  'projection-behind',
  'rebuild-superseded',
]);

const MESSAGES: { readonly [Code in FaultCode]: (facts: FaultFacts[Code], cause: unknown) => string } = {
  'revision-conflict': conflicting,
  'other-stream-changed': ({ streamId, expected = 'no event', actual = 'no event' }) =>
    `${streamId} was expected to end with ${expected}, but it ends with ${actual}; nothing was written`,
  'concurrent-change': ({ streamId, attempts }) =>
    `${streamId} was changed by others in each of ${attempts} attempts; nothing was written`,
  'outcome-unknown': ({ streamId }) =>
    `it is unknown whether ${streamId} was written: repeat the command with its idempotency key`,
  'written-unseen': ({ streamId }) =>
    `${streamId} was written, but its position could not be read: read the stream, or repeat the command with its idempotency key`,
  'deadline-exceeded': ({ doing }, cause) => `${doing} did not finish before its deadline${because(cause)}`,
  'store-unavailable': ({ store, problem }) => `${store} is not available: ${problem}`,
  'store-closed': ({ store }) => `${store} is closed`,
  'store-full': ({ store }) => `${store} has no room left; nothing was written`,
  'store-damaged': ({ store, problem, remedy = 'restore it from a backup' }) =>
    `${store} is damaged: ${problem}; ${remedy}`,
  'store-foreign': ({ store, problem }) => `${store} can't be used: ${problem}`,
  'driver-unusable': ({ driver, problem, remedy }) => `${driver} can't be used: ${problem}. Run: ${remedy}`,
  'unserialisable-data': ({ path, problem }) => `${path} can't be stored: ${problem}`,
  'unreadable-event': ({ problem, ...place }) => `${placed(place)} can't be read: ${problem}`,
  'written-by-newer-program': ({ problem, ...place }) => `${placed(place)} was written by a newer program: ${problem}`,
  'receipt-exists': ({ streamId, key }) =>
    `${streamId} has a receipt for idempotency key ${JSON.stringify(key)} already; nothing was written`,
  'checkpoint-conflict': ({ model, expected = 'no checkpoint', actual = 'no checkpoint' }) =>
    `read model ${model} was expected at ${expected}, but it is at ${actual}; nothing was written`,
  'projection-stopped': ({ projection, type, streamId, revision, position }, cause) =>
    `projection ${projection} stopped before ${type} at ${streamId} revision ${revision} (position ${position}): ${cause instanceof Error ? cause.message : String(cause)}`,
  'projection-behind': ({ projection, required, reached = 'none', waitedMs }, cause) =>
    `projection ${projection} is at position ${reached} after ${waitedMs} ms, ${wanting(required)}${because(cause)}`,
  'rebuild-superseded': ({ model }) => `a later rebuild of ${model} replaced this one; the live rows are unchanged`,
  'position-unknown': ({ position, head }) =>
    `position ${position} stands for no event of this store, whose end is ${head}: it belongs to another store, or to a history that was lost`,
};

/**
 * A failure outside the rules of the domain: in a store, through another writer, in a stored row. `code` tells the
 * kind. A rejection is a value and not a fault. A defect of the program is a plain `Error` and not a fault either.
 */
export class Fault<Code extends FaultCode = FaultCode> extends Error {
  readonly code: Code;
  /** Whether the same call may succeed later, unchanged. */
  readonly retryable: boolean;
  /** The facts of the message, for programs. */
  readonly facts: FaultFacts[Code];

  constructor(code: Code, facts: FaultFacts[Code], cause?: unknown) {
    super(MESSAGES[code](facts, cause), cause === undefined ? undefined : { cause });
    this.code = code;
    this.retryable = RETRYABLE.has(code);
    this.facts = facts;
    this.name = nameOf(code);
  }
}
acrossCopies(Fault, 'Fault');

/** The cause as the end of a fault's message; empty without a cause. */
export function because(cause: unknown): string {
  return cause instanceof Error ? ` (${cause.message})` : '';
}

/** `StoreClosed` for `store-closed`. */
function nameOf(code: FaultCode): string {
  return code.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function conflicting({ streamId, expected, actual }: FaultFacts['revision-conflict']): string {
  const at = actual === expected ? 'another one, at that revision' : `at revision ${actual}`;
  const found = actual === undefined ? 'it has no events' : `its last event is ${at}`;
  return `${streamId} was expected at ${expected}, but ${found}; nothing was written`;
}

function placed({ type, schemaVersion, streamId, revision }: EventPlace): string {
  return `${type} (schema ${schemaVersion}) at ${streamId} revision ${revision}`;
}

function wanting(required: Position | undefined): string {
  return required === undefined ? 'and the store does not say where its head is' : `not yet at ${required}`;
}
