import { type Fault, isFault } from '@login-policy/event-sourcing';
import { fail, print } from '../demand.js';
import { within } from './waiting.js';

/** An error class, to recognise errors by. */
export type ErrorClass<Refusal extends Error> = abstract new (...args: never[]) => Refusal;

/**
 * Returns the error a call is refused with.
 *
 * @throws AssertionError when the call succeeds, or fails with a fault of another code or an error of another class.
 */
export async function refusal<Code extends Fault['code']>(call: Promise<unknown>, expected: Code): Promise<Fault<Code>>;
export async function refusal<Refusal extends Error>(
  call: Promise<unknown>,
  expected: ErrorClass<Refusal>,
): Promise<Refusal>;
export async function refusal(call: Promise<unknown>, expected: Fault['code'] | ErrorClass<Error>): Promise<unknown> {
  const outcome = await within('the refused call', outcomeOf(call));
  const wanted = typeof expected === 'string' ? expected : expected.name;
  if ('value' in outcome) return fail(`expected ${wanted}, but the call succeeded with ${print(outcome.value)}`);
  const { error } = outcome;
  const isWanted = typeof expected === 'string' ? isFault(error, expected) : error instanceof expected;
  return isWanted ? error : fail(`expected ${wanted}, but the call failed with ${print(error)}`);
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
