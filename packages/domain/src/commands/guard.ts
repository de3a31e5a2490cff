import { reject } from '@login-policy/event-sourcing';
import { ABSENT, activeOf, type LoginPolicy } from '../policy/login-policy.js';
import { describeWarnings, waysInClosed } from '../sign-in/warnings.js';
import type { Circumstances, LoginPolicyDecision } from './decide.js';
import { evolveAll } from '../policy/evolve.js';

/** `refuse`: a command that would lock users out is refused (`would-lock-out`). `warn`: only its preview warns. */
export type Guard = 'refuse' | 'warn';

/**
 * Refuses an accepted command that closes ways in ({@link waysInClosed}), unless the caller acknowledged that by name.
 * Where an organization has no custom policy (before one is added, after it is removed), the default applies to
 * its users.
 *
 * @throws the fault of that default when it can't be read; TypeError when it is missing from the facts.
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
    if ('code' in facts.fallback) throw facts.fallback;
    return activeOf(facts.fallback) ?? ABSENT;
  };
  const acknowledged = facts?.acknowledged ?? [];
  const closed = waysInClosed(meets(policy), meets(after)).filter((one) => !acknowledged.includes(one));
  if (closed.length === 0) return decision;
  return reject({ reason: 'would-lock-out', warnings: describeWarnings(closed) });
}
