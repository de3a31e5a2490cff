import { Refused } from './answers.js';

/** `undefined` for a policy that does not exist. @throws any other error */
export function undefinedIfAbsent(caught: unknown): undefined {
  if (!(caught instanceof Refused) || caught.reason !== 'policy-not-found') throw caught;
}
