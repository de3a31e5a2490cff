/** What went wrong, as a closed set: branch on this, never on a message. */
export type FaultCode =
  | 'revision-conflict'
  | 'concurrent-change'
  | 'outcome-unknown'
  | 'written-unseen'
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
