import { isFault } from '@login-policy/event-sourcing';
import { fail, print } from '../demand.js';
import { within } from './waiting.js';

/** An error class, to recognise errors by. */
export type ErrorClass<Refusal extends Error> = abstract new (...args: never[]) => Refusal;

/**
 * Returns the error a call is refused with.
 *
 * @throws AssertionError when the call succeeds, or fails with another class.
 */
export async function refusal<Refusal extends Error>(
  call: Promise<unknown>,
  expected: ErrorClass<Refusal>,
): Promise<Refusal> {
  const outcome = await within('a refusal', outcomeOf(call));
  if ('value' in outcome) return fail(`expected ${expected.name}, but the call succeeded with ${print(outcome.value)}`);
  if (isOfClass(outcome.error, expected)) return outcome.error;
  return fail(`expected ${expected.name}, but the call failed with ${print(outcome.error)}`);
}

/** Also recognises faults of another installed copy of the kernel. */
function isOfClass<Refusal extends Error>(error: unknown, expected: ErrorClass<Refusal>): error is Refusal {
  return error instanceof expected || (isFault(error) && error.name === expected.name);
}

/** The outcome of a call, as a value. */
export type Outcome<Value> = { readonly value: Value } | { readonly error: unknown };

/** Waits for a call, whether it succeeds or fails. */
export async function outcomeOf<Value>(call: Promise<Value>): Promise<Outcome<Value>> {
  try {
    return { value: await call };
  } catch (error) {
    return { error };
  }
}

/** Whether a call ended with a value. */
export function hasSucceeded<Value>(outcome: Outcome<Value>): outcome is { readonly value: Value } {
  return 'value' in outcome;
}
