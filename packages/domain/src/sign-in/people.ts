import type { Deadline } from '@login-policy/event-sourcing';
import type { LoginPolicy } from '../policy/login-policy.js';
import type { Instance, Organization, Owner } from '../policy/owner.js';
import type { UserChange } from './sign-in.js';

/** A number of users, and how many of them are administrators. */
export interface PeopleCount {
  readonly users: number;
  readonly administrators: number;
}

/** How many users a change affects, and how. */
export type PeopleByChange = Readonly<Record<UserChange, PeopleCount>>;

/** The users whom a change of a policy affects. */
export interface PeopleAffected extends PeopleByChange {
  /** The organizations with users for whom something changes: the first hundred, most locked out first. */
  readonly organizations: readonly OrganizationAffected[];
  /** The number of all of them. */
  readonly organizationCount: number;
}

/** The users of one organization, or of the instance itself, whom a change affects. */
export interface OrganizationAffected extends PeopleByChange {
  /** Absent: the instance's own users. */
  readonly organizationId?: string;
}

/** It is not known whom a change affects, which must never look like nobody. */
export interface PeopleUnknown {
  /** The reason, as a sentence. */
  readonly unknown: string;
}

/** Nobody counts users: the program gave no census. */
export const NO_CENSUS: PeopleUnknown = Object.freeze({ unknown: 'No census of users was given.' });

/** A change of the policy that an owner's users meet. */
export interface PeopleQuestion {
  readonly owner: Owner;
  readonly before: LoginPolicy;
  readonly after: LoginPolicy;
  /** For an instance: its organizations whose users this change does not reach, as they have a custom policy. */
  readonly notReached: (instance: Instance) => AsyncIterable<readonly Organization[]>;
  /** For an instance: the ids of all its organizations; `undefined` if nothing lists them. */
  readonly listed: ((instance: Instance) => AsyncIterable<string>) | undefined;
}

/** Counts the users that there are. `openPeople` of `@login-policy/domain/people` makes one of a census. */
export interface PeopleCounter {
  /** @throws why it can't be known; then it is unknown, and the guard refuses. */
  affectedBy(question: PeopleQuestion, wait: Pick<Deadline, 'signal'>): Promise<PeopleAffected>;
}

/** The sentence about users whom a change locks out. */
export function lockedOutSentence(affected: PeopleAffected, isYou: boolean): string {
  const { users, administrators } = affected.lockedOut;
  const all = totalOf(affected);
  const among = `${administrators} of ${all.administrators} administrators${isYou ? ', and you' : ''}`;
  return `It would lock out ${users} of ${all.users} users, among them ${among}.`;
}

/** All users whom a policy applies to. */
export function totalOf(changes: PeopleByChange): PeopleCount {
  const { hasToSetUp, lockedOut, stronger, unchanged, weaker } = changes;
  let [users, administrators] = [0, 0];
  for (const one of [hasToSetUp, lockedOut, stronger, unchanged, weaker]) {
    users += one.users;
    administrators += one.administrators;
  }
  return { users, administrators };
}

/** The users of several changes that reach different users; unknown if one of them is. Nobody for no change. */
export function sumOfPeople(all: readonly (PeopleByChange | PeopleUnknown)[]): PeopleByChange | PeopleUnknown {
  const unknown = all.find((one) => 'unknown' in one);
  if (unknown !== undefined) return unknown;
  const sum = (change: UserChange): PeopleCount => {
    let [users, administrators] = [0, 0];
    for (const one of all) {
      if ('unknown' in one) continue;
      users += one[change].users;
      administrators += one[change].administrators;
    }
    return { users, administrators };
  };
  return {
    lockedOut: sum('lockedOut'),
    hasToSetUp: sum('hasToSetUp'),
    weaker: sum('weaker'),
    stronger: sum('stronger'),
    unchanged: sum('unchanged'),
  };
}
