import type { JSX } from 'preact';
import { attempt } from '../state/attempt.js';
import { policyOf } from '../state/policies.js';
import { propose } from '../state/proposals.js';
import { mayWrite } from '../state/session.js';
import type { Scope } from '../wire/scope.js';

/** The way back to a moment of a policy. */
export interface RevertButtonProps {
  readonly scope: Scope;
  readonly moment: string;
  /** Whether the policy is the same now as it was then. */
  readonly isSame: boolean;
}

/** Brings a policy back to how it was, by events of its own: nothing that happened is taken away. */
export function RevertButton({ scope, moment, isSame }: RevertButtonProps): JSX.Element | null {
  const seen = policyOf(scope);
  if (!mayWrite(scope)) return <p class="soft">You may look at every moment, but not revert to it.</p>;
  // What an organization inherits is not its own to bring back.
  if (seen === undefined || (scope.of === 'organization' && seen.isDefault)) return null;
  return (
    <p>
      <button
        type="button"
        class="button"
        // Not disabled: once it has reverted there is nothing left to do, and the focus would be lost.
        aria-disabled={isSame}
        onClick={() => {
          if (!isSame) attempt(() => propose({ scope, intent: { wish: 'revert', to: moment }, seen }));
        }}
      >
        Revert to this moment
      </button>
    </p>
  );
}
