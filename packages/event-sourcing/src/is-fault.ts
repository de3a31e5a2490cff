import type { UnreadableEvent, UnserialisableData, WrittenByNewerProgram } from './event-faults.js';
import type { Fault, FaultCode } from './fault.js';
import type {
  ConcurrentChange,
  DeadlineExceeded,
  DriverUnusable,
  OutcomeUnknown,
  PositionUnknown,
  ReceiptExists,
  RevisionConflict,
  StoreClosed,
  StoreDamaged,
  StoreForeign,
  StoreFull,
  StoreUnavailable,
  WrittenUnseen,
} from './faults.js';
import type {
  CheckpointConflict,
  ProjectionBehind,
  ProjectionStopped,
  RebuildSuperseded,
} from './projections/projection-faults.js';

/** Every fault of the kernel. `code` tells them apart and determines the type of `facts`. */
export type AnyFault =
  | CheckpointConflict
  | ConcurrentChange
  | DeadlineExceeded
  | DriverUnusable
  | OutcomeUnknown
  | PositionUnknown
  | ProjectionBehind
  | ProjectionStopped
  | RebuildSuperseded
  | ReceiptExists
  | RevisionConflict
  | StoreClosed
  | StoreDamaged
  | StoreForeign
  | StoreFull
  | StoreUnavailable
  | UnreadableEvent
  | UnserialisableData
  | WrittenByNewerProgram
  | WrittenUnseen;

/**
 * Whether a caught value is a {@link Fault}, of the given code if there is one; its `facts` are then typed. It also
 * recognises a fault of another installed copy of this package.
 */
export function isFault<Code extends FaultCode>(
  caught: unknown,
  code: Code,
): caught is Extract<AnyFault, { readonly code: Code }>;
export function isFault(caught: unknown): caught is Fault;
export function isFault(caught: unknown, code?: FaultCode): boolean {
  return isOfSomeCopy(caught) && (code === undefined || caught.code === code);
}

/** Each installed copy has its own classes; the shape of a fault is the same in all. */
function isOfSomeCopy(caught: unknown): caught is { readonly code: unknown } {
  const types = { code: 'string', retryable: 'boolean', facts: 'object' };
  return (
    caught instanceof Error && Object.entries(types).every(([name, type]) => typeof Reflect.get(caught, name) === type)
  );
}
