import type { ComponentChildren, JSX } from 'preact';
import type { Effective, Then } from '../state/moments.js';
import { organizationName } from '../state/organizations.js';
import type { Policy } from '../wire/policy.js';
import type { PolicyChange } from '../wire/policy-change.js';
import type { Moment } from '../wire/reads.js';
import { INSTANCE, organization } from '../wire/scope.js';
import { DiffList } from './diff-list.js';
import { Instant } from './instant.js';
import { AllSettings, DemandSentences, FactorFacts } from './policy-facts.js';
import { RevertButton } from './revert-button.js';

/** An instant with its time zone: a local time can be two instants on the day when clocks are set back. */
function At({ moment }: { readonly moment: Moment }): JSX.Element | null {
  if (/^\d+$/.test(moment)) return null;
  return (
    <>
      At <Instant at={moment} />:{' '}
    </>
  );
}

/** The policy at a moment, and the differences to now. */
export function ThenAndNow({ then, isBusy }: { readonly then: Then; readonly isBusy: boolean }): JSX.Element {
  const { policy, since, effective, moment } = then;
  return (
    <div class="then" aria-busy={isBusy}>
      <State title="Default policy, then" moment={moment} source="It was" policy={policy} since={since}>
        {policy !== undefined && /^\d+$/.test(moment) && moment !== policy.details.sequence && (
          <p class="soft">
            Version {moment} was recorded in one act with all up to version {policy.details.sequence}, shown here.
          </p>
        )}
        <RevertButton scope={INSTANCE} moment={moment} isSame={since.length === 0} />
      </State>
      {effective !== undefined && <EffectiveThen effective={effective} />}
    </div>
  );
}

function EffectiveThen({ effective }: { readonly effective: Effective }): JSX.Element {
  const { organizationId, instant, policy, since } = effective;
  const isCustom = policy?.isDefault === false;
  return (
    <State
      title={`Effective for ${organizationName(organizationId)}, then`}
      moment={instant}
      source={isCustom ? 'Its custom policy' : 'The default policy'}
      policy={policy}
      since={since}
    >
      {isCustom && <RevertButton scope={organization(organizationId)} moment={instant} isSame={since.length === 0} />}
    </State>
  );
}

interface StateProps {
  readonly title: string;
  readonly moment: Moment;
  /** The owner of the policy. */
  readonly source: string;
  readonly policy: Policy | undefined;
  readonly since: readonly PolicyChange[];
  readonly children: ComponentChildren;
}

function State({ title, moment, source, policy, since, children }: StateProps): JSX.Element {
  return (
    <section class="state" aria-label={title}>
      <h3>{title}</h3>
      {policy === undefined ? (
        <p class="soft">
          <At moment={moment} />
          There was no policy at that moment.
        </p>
      ) : (
        <>
          <p class="soft">
            <At moment={moment} />
            {source} at version {policy.details.sequence}, changed <Instant at={policy.details.changeDate} />
          </p>
          <FactorFacts policy={policy} />
          <DemandSentences policy={policy} />
          <AllSettings policy={policy} />
          <h4>Since then</h4>
          {since.length === 0 ? <p class="soft">It is the same now.</p> : <DiffList changes={since} />}
          {children}
        </>
      )}
    </section>
  );
}
