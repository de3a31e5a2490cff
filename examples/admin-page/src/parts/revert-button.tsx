import type { JSX } from 'preact';
import { attempt } from '../state/attempt.js';
import { policyOf } from '../state/policies.js';
import { propose } from '../state/proposals.js';
import { mayWrite } from '../state/session.js';
import { catchUpTimeline, timelineOf } from '../state/timelines.js';
import type { Policy } from '../wire/policy.js';
import type { Scope } from '../wire/scope.js';

/** The moment to revert a policy to. */
export interface RevertButtonProps {
  readonly scope: Scope;
  readonly moment: string;
  /** Whether the policy is the same now as it was then. */
  readonly isSame: boolean;
}

/** Reverts a policy to a moment by new events. The history is not changed. */
export function RevertButton({ scope, moment, isSame }: RevertButtonProps): JSX.Element | null {
  const seen = policyOf(scope);
  if (!mayWrite(scope)) return <p class="soft">You may look at every moment, but not revert to it.</p>;
  if (seen === undefined) return null;
  return (
    <p>
      <button
        type="button"
        class="button"
        // Not disabled, because after the revert the button would lose the focus.
        aria-disabled={isSame}
        onClick={() => {
          if (!isSame) attempt(() => proposeRevert(scope, moment, seen));
        }}
      >
        Revert to this moment
      </button>
    </p>
  );
}

/** For an organization without a custom policy, the base is its last one. */
async function proposeRevert(scope: Scope, to: string, seen: Policy): Promise<void> {
  const isGone = scope.of === 'organization' && seen.isDefault;
  if (isGone) await catchUpTimeline(scope);
  const onTopOf = isGone ? { onTopOf: String(timelineOf(scope)?.lastSequence ?? 0) } : {};
  await propose({ scope, intent: { wish: 'revert', to, ...onTopOf }, seen });
}
