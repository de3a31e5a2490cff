import type { JSX } from 'preact';
import { addressOf } from '../state/route.js';
import type { JsonObject } from '../wire/json.js';
import type { Scope } from '../wire/scope.js';

interface CheckLinkProps {
  readonly scope: Scope;
  /** A change in the names of the library. */
  readonly command: JsonObject;
}

/** A link to check a sign-in under the policy as it would be after a change. */
export function CheckLink({ scope, command }: CheckLinkProps): JSX.Element {
  const whose = scope.of === 'organization' ? { organization: scope.organizationId, of: 'own' } : {};
  return (
    <p class="check-link">
      <a href={addressOf({ view: 'check', query: { ...whose, command: JSON.stringify(command) } })}>
        Check a sign-in after this change
      </a>
    </p>
  );
}
