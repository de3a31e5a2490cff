import type { JSX } from 'preact';
import { policyOf } from '../state/policies.js';
import type { Proposal } from '../state/proposals.js';
import { hasMovedOn, type Policy } from '../wire/policy.js';
import { INSTANCE } from '../wire/scope.js';
import { movedOnInWords } from '../words/moved-on.js';

/** Whether the policy that a change is based on has gone on since the user saw it. */
export function isOutdatedNow(asked: Proposal): boolean {
  const { isOutdated, seen, stage, preview, failure } = asked;
  const now = madeOnTopOf(asked);
  if (stage !== 'open') return false;
  if (isOutdated === true) return true;
  if (now === undefined) return false;
  // Without a preview there is no base, because the user's own last change may still be being read back.
  if (preview === undefined && failure === undefined) return false;
  return hasMovedOn(seen, now);
}

/**
 * The current base of a change. For a new custom policy it is the default policy, unless the organization's own was
 * read. What the one was read as depending on can't be compared with the other.
 */
function madeOnTopOf({ scope, intent }: Proposal): Policy | undefined {
  const own = policyOf(scope);
  const standard = intent.wish === 'add-custom' ? policyOf(INSTANCE) : undefined;
  return own ?? (standard && { ...standard, seen: undefined });
}

interface PinnedProps {
  readonly proposal: Proposal;
  readonly isStale: boolean;
}

/** The version that a change is based on, and whether it has gone on since. */
export function Pinned({ proposal: asked, isStale }: PinnedProps): JSX.Element {
  const { seen, intent } = asked;
  if (isStale)
    return (
      <p class="warning-line" role="status">
        {movedOn(asked)} Compare the versions first.
      </p>
    );
  const sequence = (intent.wish === 'revert' ? intent.onTopOf : undefined) ?? seen.details.sequence;
  return (
    <p class="soft">
      Based on version {sequence}
      {intent.wish === 'add-custom' && ' of the default policy'}. If somebody else changes the policy first, nothing is
      recorded and you can compare both versions.
    </p>
  );
}

/** How the base differs from the policy the user saw. */
function movedOn(asked: Proposal): string {
  const { seen, intent } = asked;
  return movedOnInWords(seen, madeOnTopOf(asked), intent.wish === 'add-custom' ? 'default policy' : 'policy');
}
