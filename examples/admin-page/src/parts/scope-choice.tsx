import type { JSX } from 'preact';
import { addressOf } from '../state/route.js';
import { mayWrite } from '../state/session.js';
import { selectionText } from '../state/selection.js';
import type { Intent } from '../wire/command.js';
import { textOfIntent } from '../wire/intent-text.js';
import { INSTANCE, type Scope } from '../wire/scope.js';
import { isDeed } from '../wire/task.js';
import { ownerName } from '../words/intent.js';

interface ScopeChoiceProps {
  readonly scope: Scope;
  readonly intent: Intent;
}

/** Where a change is to be made: on this policy, or with the same change begun anew, on others, too. */
export function ScopeChoice({ scope, intent }: ScopeChoiceProps): JSX.Element | null {
  if (!isDeed(intent) || !mayWrite(INSTANCE)) return null;
  const query = { deed: 'given', given: textOfIntent(intent) };
  const own = scope.of === 'organization' ? { organizations: selectionText([scope.organizationId]) } : {};
  return (
    <p class="scope-choice" role="group" aria-label="Where">
      <span>
        For <strong>{ownerName(scope)}</strong>.
      </span>{' '}
      <span class="soft">
        Instead: <a href={addressOf({ view: 'rollout', query: { ...query, for: 'custom' } })}>all custom policies</a>,{' '}
        <a href={addressOf({ view: 'rollout', query })}>everywhere</a>, or{' '}
        <a href={addressOf({ view: 'organizations', query: { policy: 'custom', ...query, ...own } })}>
          these organizations
        </a>
      </span>
    </p>
  );
}
