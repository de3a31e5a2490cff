import type { JSX } from 'preact';
import { judgePolicy, lockOutsOf, stateOf } from '../state/health.js';
import type { Policy } from '../wire/policy.js';
import { keyOf, type Scope } from '../wire/scope.js';
import { Sentences } from './warnings.js';
import { TryAgain } from './try-again.js';
import { useLoaded } from './use-loaded.js';

/** Shows the lock-outs of a policy, as the server evaluates them; nothing if there are none. */
export function Health({ scope, policy }: { readonly scope: Scope; readonly policy: Policy }): JSX.Element | null {
  const loading = useLoaded(`${keyOf(scope)} ${stateOf(policy)}`, () => judgePolicy(scope, policy));
  const sentences = lockOutsOf(scope, policy) ?? [];
  if (sentences.length === 0) return <TryAgain what="Whether this policy locks users out" loading={loading} />;
  return (
    <section class="health" aria-labelledby="health">
      <h2 id="health">This policy locks users out</h2>
      <Sentences sentences={sentences} label="Who is locked out" />
    </section>
  );
}
