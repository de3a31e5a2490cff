import { objectOf, optionalText, textOf, type JsonObject } from './json.js';

/** What a change can mean for a user, the worst first. */
export const USER_CHANGES = ['lockedOut', 'hasToSetUp', 'weaker', 'stronger'] as const;

/** A number of users, and how many of them are administrators. */
export interface PeopleCount {
  readonly users: number;
  readonly administrators: number;
}

/** The users whom a change affects, or why that is not known. */
export type People = Readonly<Record<(typeof USER_CHANGES)[number], PeopleCount>> | { readonly unknown: string };

const NOBODY: PeopleCount = { users: 0, administrators: 0 };

/** Parses the users whom a change affects; `undefined` for a change that no sign-in depends on. */
export function peopleIn(value: unknown): People | undefined {
  if (value === undefined) return undefined;
  const people = objectOf(value, 'people');
  const unknown = optionalText(people['unknown'], 'unknown');
  if (unknown !== undefined) return { unknown };
  return {
    lockedOut: countIn(people, 'lockedOut'),
    hasToSetUp: countIn(people, 'hasToSetUp'),
    weaker: countIn(people, 'weaker'),
    stronger: countIn(people, 'stronger'),
  };
}

function countIn(people: JsonObject, change: string): PeopleCount {
  const { users, administrators } = objectOf(people[change], change);
  return { users: Number(users), administrators: Number(administrators) };
}

/** The users of several changes of policies; unknown if one of them is. */
export function sumOfPeople(one: People | undefined, other: People | undefined): People | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  if ('unknown' in one) return one;
  if ('unknown' in other) return other;
  return {
    lockedOut: sum(one.lockedOut, other.lockedOut),
    hasToSetUp: sum(one.hasToSetUp, other.hasToSetUp),
    weaker: sum(one.weaker, other.weaker),
    stronger: sum(one.stronger, other.stronger),
  };
}

function sum(one: PeopleCount, other: PeopleCount): PeopleCount {
  return { users: one.users + other.users, administrators: one.administrators + other.administrators };
}

/** The users whom a change locks out; nobody where that is not known. */
export function lockedOutOf(people: People | undefined): PeopleCount {
  return people === undefined || 'unknown' in people ? NOBODY : people.lockedOut;
}

/** What a change means for the signed-in user; `undefined` if it does not reach them. */
export function changeForYouIn(value: unknown): string | undefined {
  return value === undefined ? undefined : textOf(objectOf(value, 'you')['change'], 'change');
}
