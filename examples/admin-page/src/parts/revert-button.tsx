import type { JSX } from 'preact';
import { attempt } from '../state/attempt.js';
import { policyOf } from '../state/policies.js';
import { propose } from '../state/proposals.js';
import { mayWrite } from '../state/session.js';
import { catchUpTimeline, timelineOf } from '../state/timelines.js';
import type { Policy } from '../wire/policy.js';
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
  if (seen === undefined) return null;
  return (
    <p>
      <button
        type="button"
        class="button"
        // Not disabled: once it has reverted there is nothing left to do, and the focus would be lost.
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

/** Without a custom policy now, it is what the organization had last that is led on from. */
async function proposeRevert(scope: Scope, to: string, seen: Policy): Promise<void> {
  const isGone = scope.of === 'organization' && seen.isDefault;
  if (isGone) await catchUpTimeline(scope);
  const onTopOf = isGone ? { onTopOf: String(timelineOf(scope)?.lastSequence ?? 0) } : {};
  await propose({ scope, intent: { wish: 'revert', to, ...onTopOf }, seen });
}
