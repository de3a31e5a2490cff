import type { Position } from './streams/position.js';
import type { ExpectedRevision, Revision } from './streams/revision.js';
import type { StreamId } from './streams/stream-id.js';

/** What went wrong, as a closed set: branch on this, never on a message. */
export type FaultCode =
  | 'revision-conflict'
  | 'concurrent-change'
  | 'outcome-unknown'
  | 'deadline-exceeded'
  | 'store-unavailable'
  | 'store-closed'
  | 'store-full'
  | 'store-damaged'
  | 'store-foreign'
  | 'driver-unusable'
  | 'unserialisable-data'
  | 'unreadable-event'
  | 'written-by-newer-program'
  | 'receipt-exists'
  | 'checkpoint-conflict'
  | 'projection-stopped'
  | 'projection-behind'
  | 'rebuild-superseded'
  | 'position-unknown';

interface FaultContent {
  readonly code: FaultCode;
  readonly message: string;
  readonly retryable: boolean;
  readonly cause?: unknown;
}

/**
 * Something outside the rules of the domain failed: a store, another writer, a stored row. A rejection is a value and is
 * no fault; a defect of the program is a plain `Error` and is none either.
 */
export abstract class Fault extends Error {
  readonly code: FaultCode;
  /** Whether the same call may succeed later, unchanged. */
  readonly retryable: boolean;
  /** What the message says, for programs. */
  abstract readonly facts: object;

  constructor(content: FaultContent) {
    super(content.message, content.cause === undefined ? undefined : { cause: content.cause });
    this.code = content.code;
    this.retryable = content.retryable;
    this.name = new.target.name;
  }
}

/** Whether what was caught is a {@link Fault}, of a certain code if one is given. */
export function isFault(caught: unknown, code?: FaultCode): caught is Fault {
  return caught instanceof Fault && (code === undefined || caught.code === code);
}

/** The stream is not where the writer expected it: nothing of the append was written. */
export class RevisionConflict extends Fault {
  readonly facts: {
    readonly streamId: StreamId;
    readonly expected: ExpectedRevision;
    readonly actual: Revision | undefined;
  };
  constructor(facts: RevisionConflict['facts']) {
    const { streamId, expected, actual } = facts;
    const found = actual === undefined ? 'it has no events' : `its last event is at revision ${actual}`;
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

/** The caller's time was up, or he gave up. What was under way was not begun, or `outcome-unknown` says otherwise. */
export class DeadlineExceeded extends Fault {
  readonly facts: { readonly doing: string };
  constructor(facts: DeadlineExceeded['facts'], cause?: unknown) {
    super({ code: 'deadline-exceeded', retryable: true, cause, message: `the time for ${facts.doing} was up` });
    this.facts = facts;
  }
}

/** The store can't be reached, or another process holds it: nothing was written, later it may work. */
export class StoreUnavailable extends Fault {
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
  readonly facts: { readonly store: string };
  constructor(facts: StoreClosed['facts']) {
    super({ code: 'store-closed', retryable: false, message: `${facts.store} is closed` });
    this.facts = facts;
  }
}

/** There is no room left: nothing was written, what was there is intact. */
export class StoreFull extends Fault {
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

/** What is there belongs to another program, or to a newer version of this one. It was left as it was found. */
export class StoreForeign extends Fault {
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
 * A position is beyond the end of the store: it belongs to another store, or to a history that was lost. What is asked of it
 * would look like "nothing new", for ever.
 */
export class PositionUnknown extends Fault {
  readonly facts: { readonly position: Position; readonly head: Position };
  constructor(facts: PositionUnknown['facts']) {
    super({
      code: 'position-unknown',
      retryable: false,
      message: `position ${facts.position} is beyond the end of this store, ${facts.head}: it belongs to another store, or to a history that was lost`,
    });
    this.facts = facts;
  }
}

/** The driver of a store is missing, or can't run in this Node: nothing was opened. `remedy` is the command that mends it. */
export class DriverUnusable extends Fault {
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

/** The data holds what JSON can't: refused before a store saw it. */
export class UnserialisableData extends Fault {
  readonly facts: { readonly path: string; readonly problem: string };
  constructor(facts: UnserialisableData['facts']) {
    super({
      code: 'unserialisable-data',
      retryable: false,
      message: `${facts.path} can't be stored: ${facts.problem}`,
    });
    this.facts = facts;
  }
}

/** Where an event stands that could not be used. */
export interface EventPlace {
  readonly streamId: StreamId;
  readonly revision: Revision;
  readonly type: string;
  readonly schemaVersion: number;
}

/** A stored event of a known type is not of a known shape. */
export class UnreadableEvent extends Fault {
  readonly facts: EventPlace & { readonly problem: string };
  constructor(facts: UnreadableEvent['facts'], cause?: unknown) {
    super({
      code: 'unreadable-event',
      retryable: false,
      cause,
      message: `${facts.type} (schema ${facts.schemaVersion}) at ${facts.streamId} revision ${facts.revision} can't be read: ${facts.problem}`,
    });
    this.facts = facts;
  }
}

/** A stream holds an event of a type, or in a schema version, that this program does not know: a newer one wrote it. */
export class WrittenByNewerProgram extends Fault {
  readonly facts: EventPlace & { readonly problem: string };
  constructor(facts: WrittenByNewerProgram['facts']) {
    super({
      code: 'written-by-newer-program',
      retryable: false,
      message: `${facts.type} (schema ${facts.schemaVersion}) at ${facts.streamId} revision ${facts.revision} was written by a newer program: ${facts.problem}`,
    });
    this.facts = facts;
  }
}

/** The stream has a receipt under this idempotency key already: nothing was written. */
export class ReceiptExists extends Fault {
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
