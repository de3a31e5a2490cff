import type { JSX } from 'preact';
import { attempt } from '../state/attempt.js';
import { propose } from '../state/proposals.js';
import { mayReset, mayWrite } from '../state/session.js';
import type { Policy } from '../wire/policy.js';
import { organization } from '../wire/scope.js';

/** An organization and the policy that is effective for it. */
export interface CustomPolicyButtonProps {
  readonly organizationId: string;
  readonly name: string;
  readonly effective: Policy | undefined;
}

/** Gives an organization a custom policy, or takes it away again. */
export function CustomPolicyButton({ organizationId, name, effective }: CustomPolicyButtonProps): JSX.Element | null {
  const scope = organization(organizationId);
  const isCustom = effective?.details.resourceOwner === organizationId;
  const isAllowed = isCustom ? mayReset() : mayWrite(scope);
  if (effective === undefined || !isAllowed) return null;
  const wish = isCustom ? 'reset' : 'add-custom';
  return (
    <p>
      <button
        type="button"
        class="button"
        onClick={() => {
          attempt(() => propose({ scope, intent: { wish }, seen: effective }));
        }}
      >
        {isCustom ? 'Reset to the default' : 'Add a custom policy'}
        <span class="hidden"> for {name}</span>
      </button>
    </p>
  );
}
