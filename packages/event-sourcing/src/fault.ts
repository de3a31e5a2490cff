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

/** Those that may be gone when the same call is made again, unchanged. */
const RETRYABLE: ReadonlySet<FaultCode> = new Set<FaultCode>([
  'revision-conflict',
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

/**
 * Something outside the rules of the domain failed: a store, another writer, a stored row. A rejection is a value and is
 * no fault; a defect of the program is a plain `Error`, and not a fault either.
 */
export abstract class Fault extends Error {
  readonly code: FaultCode;
  /** Whether the same call may succeed later, unchanged. */
  readonly retryable: boolean;
  /** What the message says, for programs. */
  readonly facts: object;

  constructor(
    code: FaultCode,
    facts: object,
    { message, cause }: { readonly message: string; readonly cause?: unknown },
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.retryable = RETRYABLE.has(code);
    this.facts = facts;
    this.name = new.target.name;
  }
}

/** A fault of one code, whose facts are known. */
export abstract class FaultOf<Code extends FaultCode, Facts extends object> extends Fault {
  declare readonly code: Code;
  declare readonly facts: Facts;

  constructor(code: Code, facts: Facts, said: { readonly message: string; readonly cause?: unknown }) {
    super(code, facts, said);
  }
}

/** The reason in the message of a fault, if there is one. */
export function because(cause: unknown): string {
  return cause instanceof Error ? ` (${cause.message})` : '';
}
