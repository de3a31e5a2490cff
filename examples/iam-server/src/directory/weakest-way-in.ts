import { SECOND_FACTORS } from '@login-policy/domain';
import { verdictsBy, type LoginPolicy, type UserSetUp } from '@login-policy/domain/model';

/** What it takes at least to get in by a policy, the weakest first. */
export const WAYS_IN = ['password', 'identity-provider', 'two-factors', 'passkey'] as const;

/** The least with which some kind of user gets in: a password or an identity provider alone, two factors, a passkey. */
export type WayIn = (typeof WAYS_IN)[number];

const BARE: UserSetUp = { hasPassword: false, factors: [], identityProviders: [] };

/** The weakest way in that a policy leaves open, judged as real sign-ins are; `undefined` where nobody gets in. */
export function weakestWayIn(policy: LoginPolicy): WayIn | undefined {
  if (policy.stage !== 'active') return undefined;
  const verdictOn = verdictsBy(policy);
  const provider = policy.identityProviders.slice(0, 1).map(({ id }) => id);
  const password: UserSetUp = { ...BARE, hasPassword: true };
  const linked: UserSetUp = { ...BARE, identityProviders: provider };
  if (verdictOn(password) === 'one-factor') return 'password';
  if (verdictOn(linked) === 'one-factor') return 'identity-provider';
  const isByTwo = SECOND_FACTORS.some((factor) =>
    [password, linked].some((user) => verdictOn({ ...user, factors: [factor] }) === 'two-factors'),
  );
  if (isByTwo) return 'two-factors';
  return verdictOn({ ...BARE, factors: ['U2F_WITH_VERIFICATION'] }) === 'passkey' ? 'passkey' : undefined;
}

/** Whether a policy lets somebody in by less than another one does. */
export function isWeakerWayIn(one: WayIn | undefined, than: WayIn | undefined): boolean {
  return one !== undefined && than !== undefined && WAYS_IN.indexOf(one) < WAYS_IN.indexOf(than);
}
