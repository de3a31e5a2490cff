import { parseBoolean, parseEach, parseObject, parseOneOf, type Parser } from '../input/invalid-value.js';
import { parseText } from '../input/text.js';
import { FACTORS } from '../policy/factors.js';
import type { SignInUser, UserChange } from './sign-in.js';
import { completes, type Verdict } from './verdict.js';
import { identityProviderIds, kindOf, verdictsOnKinds, waysIn, type JudgedPolicy } from './ways-in.js';

/** What a user has to sign in with. Users who have the same are judged alike. */
export type UserSetUp = Pick<SignInUser, 'factors' | 'hasPassword' | 'identityProviders'>;

/** The verdict of a policy on each user who shows all they have. Without a policy nobody gets in. */
export function verdictsBy(policy: JudgedPolicy): (user: UserSetUp) => Verdict {
  const { verdicts } = waysIn(policy);
  const isLinked = linkedBy(policy);
  return (user) => verdicts[kindOf(user.hasPassword, user.factors, isLinked(user))] ?? 'no-way-to-sign-in';
}

/** What a change of a policy means for each user. */
export function changesBy(before: JudgedPolicy, after: JudgedPolicy): (user: UserSetUp) => UserChange {
  const [was, is] = [verdictsBy(before), verdictsBy(after)];
  return (user) => changeBetween(was(user), is(user));
}

/** What it means for a user that a verdict on them changes. */
export function changeBetween(before: Verdict, after: Verdict): UserChange {
  if (before === after || (!completes(before) && !completes(after))) return 'unchanged';
  if (!completes(after)) return 'lockedOut';
  if (after === 'set-up') return 'hasToSetUp';
  return RANKS[after] < RANKS[before] ? 'weaker' : 'stronger';
}

const RANKS: Readonly<Record<Verdict, number>> = {
  'no-way-to-sign-in': 0,
  'no-factor-left': 0,
  'one-factor': 1,
  'set-up': 2,
  'two-factors': 3,
  passkey: 4,
};

/** Whether some kind of user is locked out by a change: if none is, no user is. */
export function locksSomebodyOut(before: JudgedPolicy, after: JudgedPolicy): boolean {
  for (const [was, is] of verdictsOnKinds(before, after)) if (changeBetween(was, is) === 'lockedOut') return true;
  return false;
}

/** Parses what a user has to sign in with. */
export const parseUserSetUp: Parser<UserSetUp> = (value, field) => {
  const user = parseObject(value, field, ['hasPassword', 'factors', 'identityProviders']);
  return {
    hasPassword: parseBoolean(user['hasPassword'], `${field}.hasPassword`),
    factors: parseEach(user['factors'], `${field}.factors`, parseOneOf(FACTORS)),
    identityProviders: parseEach(user['identityProviders'], `${field}.identityProviders`, parseText),
  };
};

/** Whether two policies judge all users alike. */
export function judgesAlike(one: JudgedPolicy, other: JudgedPolicy): boolean {
  if (waysIn(one) !== waysIn(other)) return false;
  const [these, those] = [identityProviderIds(one), new Set(identityProviderIds(other))];
  return new Set(these).size === those.size && these.every((id) => those.has(id));
}

function linkedBy(policy: JudgedPolicy): (user: UserSetUp) => boolean {
  const linked = new Set<string>(identityProviderIds(policy));
  return ({ identityProviders }) => identityProviders.some((id) => linked.has(id));
}
