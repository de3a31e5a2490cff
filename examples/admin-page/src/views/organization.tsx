import type { JSX } from 'preact';
import { CustomPolicyButton } from '../parts/custom-policy-button.js';
import { OwnStory } from '../parts/own-story.js';
import { PolicyEditor } from '../parts/policy-editor.js';
import { TryAgain } from '../parts/try-again.js';
import { useLoaded, useWhole } from '../parts/use-loaded.js';
import { refreshJudged } from '../state/health.js';
import { isUnknown, learn, organizationName, organizationOf } from '../state/organizations.js';
import { policyOf } from '../state/policies.js';
import { addressOf, route } from '../state/route.js';
import { mayWrite } from '../state/session.js';
import type { Policy } from '../wire/policy.js';
import { organization, type Scope } from '../wire/scope.js';

/** One organization: its effective policy, its custom policy, and the history of that policy. */
export function OrganizationView(): JSX.Element {
  const organizationId = route.value.organizationId ?? '';
  const loading = useLoaded(`organization ${organizationId}`, () => learn([organizationId]));
  return (
    <>
      <p class="crumb">
        <a href={addressOf({ view: 'organizations' })}>All organizations</a>
      </p>
      <h1 tabIndex={-1}>{organizationName(organizationId)}</h1>
      <TryAgain what="The organization" loading={loading} />
      {organizationOf(organizationId) !== undefined && <OneOrganization organizationId={organizationId} />}
      {isUnknown(organizationId) && <p class="lead">There is no organization with this id in the instance.</p>}
    </>
  );
}

function OneOrganization({ organizationId }: { readonly organizationId: string }): JSX.Element {
  const scope = organization(organizationId);
  const loading = useLoaded(organizationId, () => refreshJudged(scope));
  const policy = policyOf(scope);
  const isWhole = useWhole(policy !== undefined, [loading]);
  const name = organizationName(organizationId);
  return (
    <>
      <TryAgain what={`The policy of ${name}`} loading={loading} />
      {policy !== undefined && isWhole && (
        <>
          <p class="lead">{leadOf(policy, name)}</p>
          <p class="soft">
            Its id: <code>{organizationId}</code>
          </p>
          <p class="own-action">
            <CustomPolicyButton organizationId={organizationId} name={name} isCustom={!policy.isDefault} />
          </p>
          <PolicyEditor scope={scope} policy={policy} {...lockOf(scope, policy)} />
        </>
      )}
      {isWhole && (
        <section class="own-history" aria-labelledby="own-history">
          <h2 id="own-history">History of its custom policy</h2>
          <OwnStory organizationId={organizationId} />
        </section>
      )}
    </>
  );
}

function leadOf({ isDefault }: Policy, name: string): string {
  return isDefault
    ? `${name} is on the default policy: a change of the default reaches its users.`
    : `${name} has a custom policy: it holds as a whole, and a change of the default does not reach its users.`;
}

function lockOf(scope: Scope, { isDefault }: Policy): { readonly locked?: string } {
  if (!mayWrite(scope)) return { locked: 'You may look at everything here, but your role does not let you change it.' };
  if (!isDefault) return {};
  return { locked: 'This is the default policy, as it is effective here. Add a custom policy to set something else.' };
}
