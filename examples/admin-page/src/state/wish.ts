import type { Intent } from '../wire/command.js';
import type { Policy } from '../wire/policy.js';
import type { Scope } from '../wire/scope.js';

/** A change that a user wants to make to the policy on the page. */
export interface Wish {
  readonly scope: Scope;
  readonly intent: Intent;
  /** The policy as the user saw it. The change is only made if the policy is still the same. */
  readonly seen: Policy;
  /** Called after the change was saved. */
  readonly onSaved?: () => void;
}
