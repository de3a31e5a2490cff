import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { CustomPolicyButton } from '../parts/custom-policy-button.js';
import { EVERYTHING, OrganizationFilter, passing } from '../parts/organization-filter.js';
import { PolicyInShort } from '../parts/policy-facts.js';
import { Stale } from '../parts/stale.js';
import { TryAgain } from '../parts/try-again.js';
import { useLoaded } from '../parts/use-loaded.js';
import { DIRECTORY, organizations, refreshOrganizations } from '../state/organizations.js';
import { policyKey, policyOf, refreshPolicy } from '../state/policies.js';
import { addressOf } from '../state/route.js';
import { together } from '../state/unread.js';
import type { Organization } from '../wire/organizations.js';
import { INSTANCE, organization } from '../wire/scope.js';

const MANY = 8;

/** Every organization, and which policy holds for it. */
export function OrganizationsView(): JSX.Element {
  const loading = useLoaded('organizations', () => together([refreshPolicy(INSTANCE), refreshOrganizations()]));
  const filter = useSignal(EVERYTHING);
  const all = organizations.value;
  return (
    <>
      <h1 tabIndex={-1}>Organizations</h1>
      <p class="lead">
        An organization’s users meet its custom policy as a whole, or else the default policy. Nothing is merged.
      </p>
      <Stale what={DIRECTORY} />
      <Stale what={policyKey(INSTANCE)} />
      <TryAgain what="The directory" loading={loading} />
      {all?.length === 0 && <p class="soft">The directory knows no organization.</p>}
      {all !== undefined && all.length > MANY && <OrganizationFilter all={all} filter={filter} />}
      <ul class="organizations">
        {passing(all ?? [], filter.value).map((one) => (
          <OrganizationRow key={one.id} known={one} />
        ))}
      </ul>
    </>
  );
}

function OrganizationRow({ known: { id, name, isCustom } }: { readonly known: Organization }): JSX.Element {
  const scope = organization(id);
  const loading = useLoaded(`${id} ${String(isCustom)}`, async () => {
    // On the default, the default policy is the effective one: it was read already.
    if (isCustom) await refreshPolicy(scope);
  });
  const effective = policyOf(isCustom ? scope : INSTANCE);
  return (
    <li class="card organization">
      <div class="organization-head">
        <h2>
          <a href={addressOf({ view: 'organization', organizationId: id })}>{name}</a>
        </h2>
        <code>{id}</code>
        <span class={`badge ${isCustom ? 'badge-custom' : ''}`}>{isCustom ? 'Custom policy' : 'On the default'}</span>
      </div>
      <Stale what={policyKey(scope)} />
      <TryAgain what={`The policy of ${name}`} loading={loading} />
      {effective !== undefined && <PolicyInShort policy={effective} />}
      <CustomPolicyButton organizationId={id} name={name} effective={effective} />
    </li>
  );
}
