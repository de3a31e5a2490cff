import type { Intent } from '../wire/command.js';
import type { Policy } from '../wire/policy.js';
import type { Scope } from '../wire/scope.js';

/** What somebody wants to change, where, and on top of what. */
export interface Wish {
  readonly scope: Scope;
  readonly intent: Intent;
  /** The policy as the person saw it: the change is made on top of this one, or not at all. */
  readonly seen: Policy;
  /** Called once it is made. */
  readonly made?: () => void;
}
