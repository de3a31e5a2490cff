import { Refused } from './answers.js';

/** For a policy that may not be there: nothing. @throws whatever else was thrown */
export function ofNone(caught: unknown): undefined {
  if (!(caught instanceof Refused) || caught.reason !== 'policy-not-found') throw caught;
}
