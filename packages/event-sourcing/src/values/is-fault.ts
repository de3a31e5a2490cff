import { Fault, type FaultCode } from './fault.js';

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
  return caught instanceof Fault && (code === undefined || caught.code === code);
}
