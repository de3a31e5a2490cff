import { InvalidValue } from './invalid-value.js';

/**
 * Whether a program said yes: `true` does, `false` and nothing don't. What else it may have said was not meant for this.
 *
 * @throws InvalidValue for it.
 */
export function isYes(answer: unknown, hook: string): boolean {
  if (answer === true) return true;
  if (answer === false || answer === undefined || answer === null) return false;
  throw new InvalidValue(`the answer of ${hook}`, 'true or false', answer);
}
