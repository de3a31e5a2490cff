import type { Fault, FaultCode } from './fault.js';

/** Every fault of the kernel. `code` tells them apart and determines the type of `facts`. */
export type AnyFault = { readonly [Code in FaultCode]: Fault<Code> }[FaultCode];

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

/** Each installed copy has its own class; the shape of a fault is the same in all. */
function isOfSomeCopy(caught: unknown): caught is { readonly code: unknown } {
  const types = { code: 'string', retryable: 'boolean', facts: 'object' };
  return (
    caught instanceof Error && Object.entries(types).every(([name, type]) => typeof Reflect.get(caught, name) === type)
  );
}
