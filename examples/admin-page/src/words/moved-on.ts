import type { Policy } from '../wire/policy.js';

/** How a policy differs from the one that the user saw. Sequences of two owners are not comparable. */
export function movedOnInWords(seen: Policy, now: Policy | undefined, whose: string): string {
  if (now?.details.resourceOwner !== seen.details.resourceOwner)
    return now?.isDefault === false
      ? 'The organization was given a custom policy since you looked.'
      : 'The custom policy was reset since you looked: the default policy holds now.';
  if (BigInt(now.details.sequence) <= BigInt(seen.details.sequence))
    return 'What this depends on has changed since you looked.';
  return `The ${whose} has moved on to version ${now.details.sequence} since you looked at version ${seen.details.sequence}.`;
}
