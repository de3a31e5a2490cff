import { because, FaultOf } from './fault.js';
import type { Position } from './streams/position.js';
import type { ExpectedRevision, Revision } from './streams/revision.js';
import type { StreamId } from './streams/stream-id.js';

/** The stream is not at the revision the writer expected; nothing of the append was written. */
export class RevisionConflict extends FaultOf<
  'revision-conflict',
  {
    readonly streamId: StreamId;
    readonly expected: ExpectedRevision;
    readonly actual: Revision | undefined;
  }
> {
  constructor(facts: RevisionConflict['facts']) {
    const { streamId, expected, actual } = facts;
    const at = actual === expected ? 'another one, at that revision' : `at revision ${actual}`;
    const found = actual === undefined ? 'it has no events' : `its last event is ${at}`;
    super('revision-conflict', facts, {
      message: `${streamId} was expected at ${expected}, but ${found}; nothing was written`,
    });
  }
}

/** Other writers changed the stream in every attempt at the command; nothing was written. */
export class ConcurrentChange extends FaultOf<
  'concurrent-change',
  { readonly streamId: StreamId; readonly attempts: number }
> {
  constructor(facts: ConcurrentChange['facts'], cause?: unknown) {
    super('concurrent-change', facts, {
      message: `${facts.streamId} was changed by others in each of ${facts.attempts} attempts; nothing was written`,
      cause,
    });
  }
}

/** The answer to an append was lost and could not be recovered: the append may or may not have been written. */
export class OutcomeUnknown extends FaultOf<'outcome-unknown', { readonly streamId: StreamId }> {
  constructor(facts: OutcomeUnknown['facts'], cause?: unknown) {
    super('outcome-unknown', facts, {
      message: `it is unknown whether ${facts.streamId} was written: repeat the command with its idempotency key`,
      cause,
    });
  }
}

/**
 * An append was acknowledged, but the positions of its events could not be read in time. It is written and must not be
 * repeated.
 */
export class WrittenUnseen extends FaultOf<'written-unseen', { readonly streamId: StreamId }> {
  constructor(facts: WrittenUnseen['facts']) {
    super('written-unseen', facts, {
      message: `${facts.streamId} was written, but its position could not be read: read the stream, or repeat the command with its idempotency key`,
    });
  }
}

/** The deadline passed or the caller gave up: a write had not begun, or a read still waited. */
export class DeadlineExceeded extends FaultOf<'deadline-exceeded', { readonly doing: string }> {
  constructor(facts: DeadlineExceeded['facts'], cause?: unknown) {
    super('deadline-exceeded', facts, {
      message: `${facts.doing} did not finish before its deadline${because(cause)}`,
      cause,
    });
  }
}

/** The store can't be reached, or another process holds it. Nothing was written; a later attempt may succeed. */
export class StoreUnavailable extends FaultOf<
  'store-unavailable',
  { readonly store: string; readonly problem: string }
> {
  constructor(facts: StoreUnavailable['facts'], cause?: unknown) {
    super('store-unavailable', facts, { message: `${facts.store} is not available: ${facts.problem}`, cause });
  }
}

/** The store was closed by its owner. A call that came later, or still waited, wrote nothing. */
export class StoreClosed extends FaultOf<'store-closed', { readonly store: string }> {
  constructor(facts: StoreClosed['facts']) {
    super('store-closed', facts, { message: `${facts.store} is closed` });
  }
}

/** There is no room left. Nothing was written; the stored data is intact. */
export class StoreFull extends FaultOf<'store-full', { readonly store: string }> {
  constructor(facts: StoreFull['facts'], cause?: unknown) {
    super('store-full', facts, { message: `${facts.store} has no room left; nothing was written`, cause });
  }
}

/**
 * The stored data is damaged, so it is not used. It was left as it was found. `remedy` is given where it is not a
 * backup.
 */
export class StoreDamaged extends FaultOf<
  'store-damaged',
  { readonly store: string; readonly problem: string; readonly remedy?: string }
> {
  constructor(facts: StoreDamaged['facts'], cause?: unknown) {
    const { problem, remedy = 'restore it from a backup', store } = facts;
    super('store-damaged', facts, { message: `${store} is damaged: ${problem}; ${remedy}`, cause });
  }
}

/**
 * The stored data belongs to another program or a newer version of this one, or the store's user lacks a right to it.
 * It was left as it was found.
 */
export class StoreForeign extends FaultOf<'store-foreign', { readonly store: string; readonly problem: string }> {
  constructor(facts: StoreForeign['facts'], cause?: unknown) {
    super('store-foreign', facts, { message: `${facts.store} can't be used: ${facts.problem}`, cause });
  }
}

/**
 * No event of this store is at the position: it is past the end, or another event is there. The position belongs to
 * another store, or to a history that was lost, for example by restoring a backup. An answer would be about other
 * events.
 */
export class PositionUnknown extends FaultOf<
  'position-unknown',
  { readonly position: Position; readonly head: Position }
> {
  constructor(facts: PositionUnknown['facts']) {
    super('position-unknown', facts, {
      message: `position ${facts.position} stands for no event of this store, whose end is ${facts.head}: it belongs to another store, or to a history that was lost`,
    });
  }
}

/**
 * The driver of a store is missing or can't run on this version of Node; nothing was opened. `remedy` is the command
 * that fixes it.
 */
export class DriverUnusable extends FaultOf<
  'driver-unusable',
  { readonly driver: string; readonly problem: string; readonly remedy: string }
> {
  constructor(facts: DriverUnusable['facts'], cause?: unknown) {
    super('driver-unusable', facts, {
      message: `${facts.driver} can't be used: ${facts.problem}. Run: ${facts.remedy}`,
      cause,
    });
  }
}

/** The stream has a receipt under this idempotency key already: nothing was written. */
export class ReceiptExists extends FaultOf<'receipt-exists', { readonly streamId: StreamId; readonly key: string }> {
  constructor(facts: ReceiptExists['facts']) {
    super('receipt-exists', facts, {
      message: `${facts.streamId} has a receipt for idempotency key ${JSON.stringify(facts.key)} already; nothing was written`,
    });
  }
}
