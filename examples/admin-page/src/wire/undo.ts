import type { Intent } from './command.js';
import type { Policy } from './policy.js';
import type { Scope } from './scope.js';

/** A change that was made: its command, scope, and the policy before it. */
export interface Made {
  readonly scope: Scope;
  readonly intent: Intent;
  readonly seen: Policy;
}

/**
 * The change that undoes another one: a revert to the version before it. A custom policy that was added is removed. One
 * that was reset is restored from before `sequence`, the event of the reset.
 */
export function undoOf({ scope, intent, seen }: Made, sequence: string): Intent {
  if (scope.of === 'organization' && seen.isDefault) return { wish: 'reset' };
  return { wish: 'revert', to: seen.details.sequence, ...(intent.wish === 'reset' && { onTopOf: sequence }) };
}
