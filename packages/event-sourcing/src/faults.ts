import { Fault } from './fault.js';
import type { Position } from './streams/position.js';
import type { ExpectedRevision, Revision } from './streams/revision.js';
import type { StreamId } from './streams/stream-id.js';

/** The stream is not where the writer expected it: nothing of the append was written. */
export class RevisionConflict extends Fault {
  declare readonly code: 'revision-conflict';
  readonly facts: {
    readonly streamId: StreamId;
    readonly expected: ExpectedRevision;
    readonly actual: Revision | undefined;
  };
  constructor(facts: RevisionConflict['facts']) {
    const { streamId, expected, actual } = facts;
    const at = actual === expected ? 'another one, at that revision' : `at revision ${actual}`;
    const found = actual === undefined ? 'it has no events' : `its last event is ${at}`;
    super({
      code: 'revision-conflict',
      retryable: true,
      message: `${streamId} was expected at ${expected}, but ${found}; nothing was written`,
    });
    this.facts = facts;
  }
}

/** Others kept changing the stream while the command was decided, time after time: nothing was written. */
export class ConcurrentChange extends Fault {
  declare readonly code: 'concurrent-change';
  readonly facts: { readonly streamId: StreamId; readonly attempts: number };
  constructor(facts: ConcurrentChange['facts'], cause?: unknown) {
    super({
      code: 'concurrent-change',
      retryable: true,
      cause,
      message: `${facts.streamId} was changed by others in each of ${facts.attempts} attempts; nothing was written`,
    });
    this.facts = facts;
  }
}

/** The answer to an append was lost and could not be found out: it may or may not have been written. */
export class OutcomeUnknown extends Fault {
  declare readonly code: 'outcome-unknown';
  readonly facts: { readonly streamId: StreamId };
  constructor(facts: OutcomeUnknown['facts'], cause?: unknown) {
    super({
      code: 'outcome-unknown',
      retryable: true,
      cause,
      message: `whether ${facts.streamId} was written is not known: repeat the command with its idempotency key`,
    });
    this.facts = facts;
  }
}

/** An append was acknowledged, and where its events stand could not be read in time: it is there, so it is not to be repeated. */
export class WrittenUnseen extends Fault {
  declare readonly code: 'written-unseen';
  readonly facts: { readonly streamId: StreamId };
  constructor(facts: WrittenUnseen['facts']) {
    super({
      code: 'written-unseen',
      retryable: false,
      message: `${facts.streamId} was written, but where could not be read: look at it, or repeat the command with its idempotency key`,
    });
    this.facts = facts;
  }
}

/** The caller's time was up, or they gave up: the write was not begun, or a read still waited. */
export class DeadlineExceeded extends Fault {
  declare readonly code: 'deadline-exceeded';
  readonly facts: { readonly doing: string };
  constructor(facts: DeadlineExceeded['facts'], cause?: unknown) {
    super({ code: 'deadline-exceeded', retryable: true, cause, message: `the time for ${facts.doing} was up` });
    this.facts = facts;
  }
}

/** The store can't be reached, or another process holds it: nothing was written, later it may work. */
export class StoreUnavailable extends Fault {
  declare readonly code: 'store-unavailable';
  readonly facts: { readonly store: string; readonly problem: string };
  constructor(facts: StoreUnavailable['facts'], cause?: unknown) {
    super({
      code: 'store-unavailable',
      retryable: true,
      cause,
      message: `${facts.store} is not available: ${facts.problem}`,
    });
    this.facts = facts;
  }
}

/** The store was closed by its owner; a call that came after it, or was still waiting, wrote nothing. */
export class StoreClosed extends Fault {
  declare readonly code: 'store-closed';
  readonly facts: { readonly store: string };
  constructor(facts: StoreClosed['facts']) {
    super({ code: 'store-closed', retryable: false, message: `${facts.store} is closed` });
    this.facts = facts;
  }
}

/** There is no room left: nothing was written, what was there is intact. */
export class StoreFull extends Fault {
  declare readonly code: 'store-full';
  readonly facts: { readonly store: string };
  constructor(facts: StoreFull['facts'], cause?: unknown) {
    super({
      code: 'store-full',
      retryable: true,
      cause,
      message: `${facts.store} has no room left; nothing was written`,
    });
    this.facts = facts;
  }
}

/** What the store keeps is not sound, so it is not used. It was left as it was found. */
export class StoreDamaged extends Fault {
  declare readonly code: 'store-damaged';
  readonly facts: { readonly store: string; readonly problem: string };
  constructor(facts: StoreDamaged['facts'], cause?: unknown) {
    super({
      code: 'store-damaged',
      retryable: false,
      cause,
      message: `${facts.store} is damaged: ${facts.problem}. Restore it from a backup`,
    });
    this.facts = facts;
  }
}

/**
 * What is there belongs to another program, or to a newer version of this one, or the store's user lacks a right to it. It was
 * left as it was found.
 */
export class StoreForeign extends Fault {
  declare readonly code: 'store-foreign';
  readonly facts: { readonly store: string; readonly problem: string };
  constructor(facts: StoreForeign['facts'], cause?: unknown) {
    super({
      code: 'store-foreign',
      retryable: false,
      cause,
      message: `${facts.store} can't be used: ${facts.problem}`,
    });
    this.facts = facts;
  }
}

/**
 * A position stands for no event of this store: it is beyond the end, or another event stands there. It belongs to another store, or to
 * a history that was lost, as by restoring a backup. What is asked of it would be answered by what it was never about.
 */
export class PositionUnknown extends Fault {
  declare readonly code: 'position-unknown';
  readonly facts: { readonly position: Position; readonly head: Position };
  constructor(facts: PositionUnknown['facts']) {
    super({
      code: 'position-unknown',
      retryable: false,
      message: `position ${facts.position} stands for no event of this store, whose end is ${facts.head}: it belongs to another store, or to a history that was lost`,
    });
    this.facts = facts;
  }
}

/** The driver of a store is missing, or can't run in this Node: nothing was opened. `remedy` is the command that mends it. */
export class DriverUnusable extends Fault {
  declare readonly code: 'driver-unusable';
  readonly facts: { readonly driver: string; readonly problem: string; readonly remedy: string };
  constructor(facts: DriverUnusable['facts'], cause?: unknown) {
    super({
      code: 'driver-unusable',
      retryable: false,
      cause,
      message: `${facts.driver} can't be used: ${facts.problem}. Run: ${facts.remedy}`,
    });
    this.facts = facts;
  }
}

/** The stream has a receipt under this idempotency key already: nothing was written. */
export class ReceiptExists extends Fault {
  declare readonly code: 'receipt-exists';
  readonly facts: { readonly streamId: StreamId; readonly key: string };
  constructor(facts: ReceiptExists['facts']) {
    super({
      code: 'receipt-exists',
      retryable: true,
      message: `${facts.streamId} has a receipt for idempotency key ${JSON.stringify(facts.key)} already; nothing was written`,
    });
    this.facts = facts;
  }
}
