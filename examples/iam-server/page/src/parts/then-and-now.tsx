import type { ComponentChildren, JSX } from 'preact';
import type { Then } from '../state/moments.js';
import { organizationName } from '../state/organizations.js';
import type { Policy } from '../wire/policy.js';
import type { PolicyChange } from '../wire/policy-change.js';
import { DiffList } from './diff-list.js';
import { Instant } from './instant.js';
import { FactorFacts } from './policy-facts.js';
import { RevertButton } from './revert-button.js';

/** What was allowed at a moment, and what is different now. */
export function ThenAndNow({ then, lastSequence }: { readonly then: Then; readonly lastSequence: number }): JSX.Element {
  const { policy, since, effective, moment } = then;
  return (
    <div class="then">
      <State title="Default policy, then" policy={policy} since={since}>
        {policy !== undefined && <RevertButton moment={moment} isNow={policy.details.sequence === String(lastSequence)} />}
      </State>
      {effective !== undefined && (
        <State
          title={`Effective for ${organizationName(effective.organizationId)}, then`}
          policy={effective.policy}
          since={effective.since}
        />
      )}
    </div>
  );
}

interface StateProps {
  readonly title: string;
  readonly policy: Policy | undefined;
  readonly since: readonly PolicyChange[];
  readonly children?: ComponentChildren;
}

function State({ title, policy, since, children }: StateProps): JSX.Element {
  return (
    <section class="state" aria-label={title}>
      <h3>{title}</h3>
      {policy === undefined ? (
        <p class="soft">There was no policy at that moment.</p>
      ) : (
        <>
          <p class="soft">
            {policy.isDefault ? 'The default policy' : 'Sequence'} {policy.isDefault ? 'at sequence ' : ''}
            {policy.details.sequence}, changed <Instant at={policy.details.changeDate} />
          </p>
          <FactorFacts policy={policy} />
          <h4>Since then</h4>
          {since.length === 0 ? <p class="soft">It is the same now.</p> : <DiffList changes={since} />}
          {children}
        </>
      )}
    </section>
  );
}
