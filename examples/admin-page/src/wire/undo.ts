import type { Intent } from './command.js';
import type { Policy } from './policy.js';
import type { Scope } from './scope.js';

/** A change that was made: what, to whose policy, and on top of what. */
export interface Made {
  readonly scope: Scope;
  readonly intent: Intent;
  readonly seen: Policy;
}

/**
 * What takes a change back: the way to the version it was made on top of. A custom policy that was not there before is taken away; one
 * that was reset is led on from the event that reset it, `sequence`.
 */
export function undoOf({ scope, intent, seen }: Made, sequence: string): Intent {
  if (scope.of === 'organization' && seen.isDefault) return { wish: 'reset' };
  return { wish: 'revert', to: seen.details.sequence, ...(intent.wish === 'reset' && { onTopOf: sequence }) };
}
