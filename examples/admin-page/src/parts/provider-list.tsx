import type { JSX } from 'preact';
import { attempt } from '../state/attempt.js';
import { learnProviders, providerName } from '../state/identity-providers.js';
import { propose } from '../state/proposals.js';
import type { Policy } from '../wire/policy.js';
import { keyOf, type Scope } from '../wire/scope.js';
import { NewProvider } from './new-provider.js';
import { useLoaded } from './use-loaded.js';

/** The policy whose identity providers are listed. */
export interface ProviderListProps {
  readonly scope: Scope;
  readonly policy: Policy;
  readonly isLocked: boolean;
}

/** The allowed identity providers. A click to add or remove one opens a preview first. */
export function ProviderList({ scope, policy, isLocked }: ProviderListProps): JSX.Element {
  const { identityProviders } = policy;
  // Without the names, the ids say which they are.
  useLoaded('identity providers', learnProviders);
  return (
    <section class="own-providers" aria-label="Identity providers">
      <h3>Identity providers</h3>
      <p class="soft">External services users may sign in through, while external sign-in is allowed.</p>
      {identityProviders.length === 0 && <p class="none">None.</p>}
      <ul class="providers">
        {identityProviders.map((id) => (
          <li key={id}>
            <span>
              {providerName(id)} <code>{id}</code>
            </span>
            {!isLocked && <RemoveButton id={id} scope={scope} policy={policy} />}
          </li>
        ))}
      </ul>
      {!isLocked && <NewProvider key={keyOf(scope)} scope={scope} policy={policy} />}
    </section>
  );
}

type OneOf = Omit<ProviderListProps, 'isLocked'>;

function RemoveButton({ id, scope, policy }: OneOf & { readonly id: string }): JSX.Element {
  return (
    <button
      type="button"
      class="button"
      aria-label={`Remove the identity provider ${providerName(id)}`}
      onClick={() => {
        attempt(() => propose({ scope, intent: { wish: 'remove-provider', id }, seen: policy }));
      }}
    >
      Remove
    </button>
  );
}
