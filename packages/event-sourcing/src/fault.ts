/** The kinds of fault, as a closed set. Branch on the code, never on a message. */
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

/** The faults that may be gone when the same call is repeated unchanged. */
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
 * A failure outside the rules of the domain: in a store, through another writer, in a stored row. A rejection is a
 * value and not a fault. A defect of the program is a plain `Error` and not a fault either.
 */
export abstract class Fault extends Error {
  readonly code: FaultCode;
  /** Whether the same call may succeed later, unchanged. */
  readonly retryable: boolean;
  /** The facts of the message, for programs. */
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

/** A fault with one code, whose facts are typed. */
export abstract class FaultOf<Code extends FaultCode, Facts extends object> extends Fault {
  declare readonly code: Code;
  declare readonly facts: Facts;

  constructor(code: Code, facts: Facts, said: { readonly message: string; readonly cause?: unknown }) {
    super(code, facts, said);
  }
}

/** The cause as the end of a fault's message; empty without a cause. */
export function because(cause: unknown): string {
  return cause instanceof Error ? ` (${cause.message})` : '';
}
