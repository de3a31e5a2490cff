import type { LoginPolicy } from '../policy/login-policy.js';
import { completes } from './verdict.js';
import { verdictsOnKinds, waysIn } from './ways-in.js';
import { LOCK_OUTS, type LockOut, type PolicyWarning } from '../policy/rejections.js';

/** The warnings that policies alone give. The others are about the users that there are, and only refuse. */
type DescribedWarning = LockOut | 'weaker-sign-in';

/** The warnings of a change. */
export interface ChangeWarnings {
  /** The warnings that the change causes. */
  readonly introduced: readonly PolicyWarning[];
  /** The warnings from before the change that remain. */
  readonly standing: readonly PolicyWarning[];
}

const SENTENCES: Readonly<Record<DescribedWarning, string>> = {
  'no-way-to-sign-in':
    'Nobody could sign in: no kind of user could complete a sign-in with what the policy would allow.',
  'no-factor-left':
    'A second factor is required, and users who have none could not set one up: they could not complete the sign-in.',
  'weaker-sign-in':
    'Nothing requires a second factor, so users who have set up only what is taken away would sign in with one factor.',
};

/** The warnings about whom a policy locks out, by the rules of sign-in; empty without a policy. */
export function warningsOf(policy: LoginPolicy): readonly PolicyWarning[] {
  return describeWarnings(lockOutsOf(policy));
}

/** The lock-outs of a policy; none without a policy. */
export function lockOutsOf(policy: LoginPolicy): readonly LockOut[] {
  return policy.stage === 'active' ? waysIn(policy).lockOuts : [];
}

/** The warnings after a change: those it introduces and those that remain. */
export function warningsOfChange(before: LoginPolicy, after: LoginPolicy): ChangeWarnings {
  const lockOuts = lockOutsIntroduced(before, after);
  const introduced: readonly DescribedWarning[] = isWeaker(before, after)
    ? [...lockOuts, 'weaker-sign-in']
    : [...lockOuts];
  const standing = lockOutsAfter(before, after).filter((one) => !lockOuts.includes(one));
  return { introduced: describeWarnings(introduced), standing: describeWarnings(standing) };
}

/** The lock-outs that a change introduces: those that did not stand before, and those of the ways in that it closes. */
export function lockOutsIntroduced(before: LoginPolicy, after: LoginPolicy): readonly LockOut[] {
  const [stood, stand, closed] = [lockOutsOf(before), lockOutsAfter(before, after), waysInClosed(before, after)];
  return LOCK_OUTS.filter((one) => closed.includes(one) || (stand.includes(one) && !stood.includes(one)));
}

/** Where a change leaves no policy, nobody signs in any more. */
function lockOutsAfter(before: LoginPolicy, after: LoginPolicy): readonly LockOut[] {
  return before.stage === 'active' ? waysIn(after).lockOuts : lockOutsOf(after);
}

/**
 * The ways in that a change closes. `no-way-to-sign-in`: no kind of user completes a sign-in, and under the policy
 * before some did. `no-factor-left`: some kind of user who did now passes the first step only. Judges kinds of users,
 * not warnings, because a change can lock out more users under a warning that stood before. A first policy has to let
 * some kind of user in.
 */
export function waysInClosed(before: LoginPolicy, after: LoginPolicy): readonly LockOut[] {
  const closed: LockOut[] = [];
  const couldEnter = before.stage === 'active' ? waysIn(before).letsSomebodyIn : after.stage === 'active';
  if (couldEnter && !waysIn(after).letsSomebodyIn) closed.push('no-way-to-sign-in');
  for (const [was, is] of verdictsOnKinds(before, after)) {
    if (is !== 'no-factor-left' || !completes(was)) continue;
    closed.push(is);
    break;
  }
  return closed;
}

/** Warnings with their sentences. */
export function describeWarnings(warnings: readonly DescribedWarning[]): readonly PolicyWarning[] {
  return warnings.map((warning) => ({ warning, message: SENTENCES[warning] }));
}

/** Whether some kind of user, who signed in by more than one factor, now signs in by one. */
function isWeaker(before: LoginPolicy, after: LoginPolicy): boolean {
  for (const [was, is] of verdictsOnKinds(before, after))
    if (is === 'one-factor' && (was === 'two-factors' || was === 'passkey')) return true;
  return false;
}
