import type { LoginPolicy } from '../policy/login-policy.js';
import { lockedOutSentence, type PeopleAffected, type PeopleUnknown } from '../sign-in/people.js';
import { changeBetween, locksSomebodyOut, verdictsBy, type UserSetUp } from '../sign-in/user-change.js';
import type { Verdict } from '../sign-in/verdict.js';
import type { UserChange } from '../sign-in/sign-in.js';
import type { PolicyWarning } from '../policy/rejections.js';

/** What a change means for the caller. */
export interface YouAffected {
  readonly change: UserChange;
  readonly before: Verdict;
  readonly after: Verdict;
}

/** The policies that users meet before and after a change. */
interface MetPolicies {
  readonly before: LoginPolicy;
  readonly after: LoginPolicy;
}

/** What a change means for the caller. */
export function aboutYou({ before, after }: MetPolicies, you: UserSetUp): YouAffected {
  const [was, is] = [verdictsBy(before)(you), verdictsBy(after)(you)];
  return { change: changeBetween(was, is), before: was, after: is };
}

/** The warnings about the users that there are; none where a census is not asked. */
export function warningsOfPeople(
  { before, after }: MetPolicies,
  people: PeopleAffected | PeopleUnknown | undefined,
  you: YouAffected | undefined,
): readonly PolicyWarning[] {
  if (people === undefined || !locksSomebodyOut(before, after)) return [];
  if ('unknown' in people) return [{ warning: 'census-unknown', message: people.unknown }];
  if (people.lockedOut.users === 0) return [];
  return [{ warning: 'users-locked-out', message: lockedOutSentence(people, you?.change === 'lockedOut') }];
}
