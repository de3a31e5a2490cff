import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { attempt } from '../state/attempt.js';
import { CHANGE } from '../state/dialog-address.js';
import { draftOf } from '../state/draft.js';
import { policyKey } from '../state/policies.js';
import { propose, proposal } from '../state/proposals.js';
import { chosen } from '../state/route.js';
import { intentIn } from '../wire/intent-text.js';
import type { Policy } from '../wire/policy.js';
import type { Scope } from '../wire/scope.js';
import { DetailsCard } from './details-card.js';
import { Health } from './health.js';
import { HowPeopleSignIn } from './how-people-sign-in.js';
import { Instant } from './instant.js';
import { SaveBar } from './save-bar.js';
import { FirstStep, HowLong, SecondStep } from './sign-in-steps.js';
import { Stale } from './stale.js';

/** The policy to edit. */
export interface PolicyEditorProps {
  readonly scope: Scope;
  readonly policy: Policy;
  /** Why nothing can be changed here, as a sentence; absent if it can. */
  readonly locked?: string;
}

/** A whole policy, by the steps of a sign-in, and beside it what it comes to. */
export function PolicyEditor({ scope, policy, locked }: PolicyEditorProps): JSX.Element {
  const isLocked = locked !== undefined;
  const change = chosen(CHANGE);
  useEffect(() => {
    const intent = intentIn(change);
    // The address of a shared preview: opens it, and writes nothing.
    if (intent !== undefined && !isLocked && proposal.value === undefined)
      attempt(() => propose({ scope, intent, seen: policy }));
  }, [change]);
  // A locked form shows the policy's settings and ignores the draft.
  const patch = isLocked ? undefined : draftOf(scope)?.patch;
  const drafted = { ...policy, settings: { ...policy.settings, ...patch } };
  const about = { scope, policy, isLocked, settings: drafted.settings };
  return (
    <>
      <p class="soft">
        Version {policy.details.sequence}, changed <Instant at={policy.details.changeDate} />
      </p>
      <Stale what={policyKey(scope)} />
      <Health scope={scope} policy={policy} />
      {isLocked && <p class="locked">{locked}</p>}
      <div class="columns">
        <div class="column-aside">
          <HowPeopleSignIn policy={drafted} isDraft={Object.keys(patch ?? {}).length > 0} />
          <DetailsCard scope={scope} policy={policy} />
        </div>
        <div class="column-main">
          <FirstStep {...about} />
          <SecondStep {...about} />
          <HowLong {...about} />
          <SaveBar scope={scope} policy={policy} isLocked={isLocked} />
        </div>
      </div>
    </>
  );
}
