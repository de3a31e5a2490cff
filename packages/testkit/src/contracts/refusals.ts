import { isFault } from '@login-policy/event-sourcing';
import { fail, print } from '../demand.js';
import { within } from './patience.js';

/** A kind of error, to be recognised by its class. */
export type ErrorClass<Refusal extends Error> = abstract new (...args: never[]) => Refusal;

/** Hands on what a call is refused with. @throws AssertionError when it is not, or with something of another class. */
export async function refusal<Refusal extends Error>(
  call: Promise<unknown>,
  expected: ErrorClass<Refusal>,
): Promise<Refusal> {
  const outcome = await within('a refusal', outcomeOf(call));
  if ('value' in outcome)
    return fail(`${expected.name} was expected, and the call succeeded with ${print(outcome.value)}`);
  if (isOfClass(outcome.error, expected)) return outcome.error;
  return fail(`${expected.name} was expected, and the call failed with ${print(outcome.error)}`);
}

/** A fault is of its class also when it comes from another installed copy of the kernel. */
function isOfClass<Refusal extends Error>(error: unknown, expected: ErrorClass<Refusal>): error is Refusal {
  return error instanceof expected || (isFault(error) && error.name === expected.name);
}

/** How a call ended, as a value. */
export type Outcome<Value> = { readonly value: Value } | { readonly error: unknown };

/** Waits for the end of a call, whatever it is. */
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
