import { InvalidValue } from './invalid-value.js';

/**
 * Checks the boolean answer of a hook; `undefined` and `null` count as `false`.
 *
 * @throws InvalidValue for any other answer.
 */
export function isYes(answer: unknown, hook: string): boolean {
  if (answer === true) return true;
  if (answer === false || answer === undefined || answer === null) return false;
  throw new InvalidValue(`the answer of ${hook}`, 'true or false', answer);
}
