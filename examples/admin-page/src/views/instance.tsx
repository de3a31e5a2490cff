import type { JSX } from 'preact';
import { PolicyEditor } from '../parts/policy-editor.js';
import { Reach, useReach } from '../parts/reach.js';
import { TryAgain } from '../parts/try-again.js';
import { useLoaded, useWhole } from '../parts/use-loaded.js';
import { refreshJudged } from '../state/health.js';
import { policyOf } from '../state/policies.js';
import { mayWrite } from '../state/session.js';
import { INSTANCE } from '../wire/scope.js';

const READ_ONLY = 'You may look at everything here, but your role does not let you change it.';

/** The default policy of the instance. */
export function InstanceView(): JSX.Element {
  const loading = useLoaded('instance', () => refreshJudged(INSTANCE));
  const reach = useReach();
  const policy = policyOf(INSTANCE);
  const isWhole = useWhole(policy !== undefined, [loading, reach]);
  return (
    <>
      <h1 tabIndex={-1}>Default policy</h1>
      <Reach loading={reach} />
      <TryAgain what="The default policy" loading={loading} />
      {policy !== undefined && isWhole && (
        <PolicyEditor scope={INSTANCE} policy={policy} {...(!mayWrite(INSTANCE) && { locked: READ_ONLY })} />
      )}
    </>
  );
}
