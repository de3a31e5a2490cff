import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { attempt } from '../state/attempt.js';
import { CHANGE } from '../state/dialog-address.js';
import { policyKey } from '../state/policies.js';
import { propose, proposal } from '../state/proposals.js';
import { chosen } from '../state/route.js';
import { intentIn } from '../wire/intent-text.js';
import type { Policy } from '../wire/policy.js';
import type { Scope } from '../wire/scope.js';
import { DetailsCard } from './details-card.js';
import { FactorList } from './factor-list.js';
import { Health } from './health.js';
import { Instant } from './instant.js';
import { ProviderList } from './provider-list.js';
import { SettingsForm } from './settings-form.js';
import { Stale } from './stale.js';

/** The policy to edit. */
export interface PolicyEditorProps {
  readonly scope: Scope;
  readonly policy: Policy;
  /** Why nothing can be changed here, as a sentence; absent if it can. */
  readonly locked?: string;
}

/** A whole policy: factors, settings, identity providers and details. */
export function PolicyEditor({ scope, policy, locked }: PolicyEditorProps): JSX.Element {
  const isLocked = locked !== undefined;
  useEffect(() => {
    const intent = intentIn(chosen(CHANGE));
    // The address of a shared preview: opens it, and writes nothing.
    if (intent !== undefined && !isLocked && proposal.value === undefined)
      attempt(() => propose({ scope, intent, seen: policy }));
  }, []);
  return (
    <>
      <p class="soft">
        Version {policy.details.sequence}, changed <Instant at={policy.details.changeDate} />
      </p>
      <Stale what={policyKey(scope)} />
      <Health scope={scope} policy={policy} />
      {isLocked && <p class="locked">{locked}</p>}
      <div class="columns">
        <div class="column-main">
          <FactorList scope={scope} policy={policy} kind="multi-factor" isLocked={isLocked} />
          <FactorList scope={scope} policy={policy} kind="second-factor" isLocked={isLocked} />
          <SettingsForm scope={scope} policy={policy} isLocked={isLocked} />
          <ProviderList scope={scope} policy={policy} isLocked={isLocked} />
        </div>
        <aside class="column-aside" aria-label="Details of the policy">
          <DetailsCard scope={scope} policy={policy} />
        </aside>
      </div>
    </>
  );
}
