import { reject } from '@login-policy/event-sourcing';
import { effectivePolicy } from '../policy/effective-policy.js';
import { ABSENT, type ActivePolicy, type LoginPolicy } from '../policy/login-policy.js';
import { describeWarnings, lockOutsIntroduced } from '../sign-in/warnings.js';
import type { Circumstances, LoginPolicyDecision } from './decide.js';
import { evolveAll } from '../policy/evolve.js';

/** Whether a command that would lock people out is refused (`would-lock-out`), or only warned of by its preview. */
export type Guard = 'refuse' | 'warn';

/**
 * Refuses a granted command that would introduce a warning of people who can't get in, unless the caller acknowledged that warning by name.
 * An organization's users meet the default where it has no policy of its own: before it is added, and after it is removed.
 *
 * @throws TypeError when that default is not among the facts.
 */
export function guarded(
  decision: LoginPolicyDecision,
  policy: LoginPolicy,
  { owner, facts }: Circumstances,
): LoginPolicyDecision {
  if (decision.outcome === 'rejected' || decision.events.length === 0) return decision;
  const after = evolveAll(policy, decision.events, owner);
  const meets = (own: LoginPolicy): LoginPolicy => {
    if (owner === 'instance' || own.stage === 'active') return own;
    if (facts?.fallback === undefined) throw new TypeError('whom a change locks out is decided by what the default is');
    return effectivePolicy(undefined, () => inForce(facts.fallback)) ?? ABSENT;
  };
  const acknowledged = facts?.acknowledged ?? [];
  const introduced = lockOutsIntroduced(meets(policy), meets(after)).filter((one) => !acknowledged.includes(one));
  if (introduced.length === 0) return decision;
  return reject({ reason: 'would-lock-out', warnings: describeWarnings(introduced) });
}

function inForce(policy: LoginPolicy | undefined): ActivePolicy | undefined {
  return policy?.stage === 'active' ? policy : undefined;
}
