import type { JSX } from 'preact';
import { attempt } from '../state/attempt.js';
import { refreshPolicy } from '../state/policies.js';
import { propose } from '../state/proposals.js';
import { mayReset, mayWrite } from '../state/session.js';
import { organization } from '../wire/scope.js';

/** An organization, and whether it has a custom policy. */
export interface CustomPolicyButtonProps {
  readonly organizationId: string;
  readonly name: string;
  readonly isCustom: boolean;
}

/** Adds a custom policy to an organization, or removes it, based on the policy at the time of the click. */
export function CustomPolicyButton({ organizationId, name, isCustom }: CustomPolicyButtonProps): JSX.Element | null {
  const scope = organization(organizationId);
  const isAllowed = isCustom ? mayReset() : mayWrite(scope);
  if (!isAllowed) return null;
  const wish = isCustom ? 'reset' : 'add-custom';
  return (
    <button
      type="button"
      class="button button-small"
      onClick={() => {
        attempt(async () => {
          const seen = await refreshPolicy(scope);
          if (seen !== undefined) await propose({ scope, intent: { wish }, seen });
        });
      }}
    >
      {isCustom ? 'Reset to the default' : 'Add a custom policy'}
      <span class="hidden"> for {name}</span>
    </button>
  );
}
