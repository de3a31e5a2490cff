import { useSignal, type Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { attempt } from '../state/attempt.js';
import { providersFor } from '../state/identity-providers.js';
import { propose } from '../state/proposals.js';
import type { ProviderOwner } from '../wire/command.js';
import type { KnownProvider } from '../wire/identity-providers.js';
import type { Policy } from '../wire/policy.js';
import type { Scope } from '../wire/scope.js';
import { Field } from './field.js';

/** The policy to add the identity provider to. */
export interface NewProviderProps {
  readonly scope: Scope;
  readonly policy: Policy;
}

/** A form to add an identity provider. */
export function NewProvider({ scope, policy }: NewProviderProps): JSX.Element {
  const id = useSignal('');
  const owner = useSignal<ProviderOwner>('SYSTEM');
  const given = id.value.trim();
  const isThere = policy.identityProviders.includes(given);
  const onSaved = (): void => {
    id.value = '';
  };
  return (
    <form
      class="new-provider"
      onSubmit={(event) => {
        event.preventDefault();
        const intent = { wish: 'add-provider', id: given, owner: owner.value } as const;
        attempt(() => propose({ scope, intent, seen: policy, onSaved }));
      }}
    >
      <IdField id={id} isThere={isThere} options={providersFor(scope)} />
      {scope.of === 'organization' && <OwnerChoice owner={owner} />}
      <button type="submit" class="button" disabled={given === '' || isThere}>
        Review and add
      </button>
    </form>
  );
}

interface IdFieldProps {
  readonly id: Signal<string>;
  readonly isThere: boolean;
  readonly options: readonly KnownProvider[];
}

function IdField({ id, isThere, options }: IdFieldProps): JSX.Element {
  return (
    <Field
      label="Another identity provider"
      name="idpId"
      explanation="Its id, as the IAM knows it."
      problem={isThere ? 'It is on the policy already.' : undefined}
      control={(ties) => (
        <>
          <input
            {...ties}
            list="identity-providers"
            type="text"
            spellcheck={false}
            autocomplete="off"
            maxLength={200}
            value={id}
            onInput={({ currentTarget }) => {
              id.value = currentTarget.value;
            }}
          />
          <datalist id="identity-providers">
            {options.map((one) => (
              <option key={one.id} value={one.id}>
                {one.name}
              </option>
            ))}
          </datalist>
        </>
      )}
    />
  );
}

function OwnerChoice({ owner }: { readonly owner: Signal<ProviderOwner> }): JSX.Element {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>Owned by</label> <code class="dev">ownerType</code>
      <select
        id={id}
        value={owner}
        onChange={({ currentTarget }) => {
          owner.value = currentTarget.value === 'ORG' ? 'ORG' : 'SYSTEM';
        }}
      >
        <option value="SYSTEM">Instance</option>
        <option value="ORG">Organization</option>
      </select>
    </div>
  );
}
