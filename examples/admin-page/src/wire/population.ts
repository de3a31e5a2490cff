import { objectOf, optionalText } from './json.js';
import type { PeopleCount } from './people.js';
import { send } from './request.js';
import { INSTANCE, pathOf } from './scope.js';

/** How users sign in, the strongest first. */
export const WAYS = ['passkey', 'two-factors', 'one-factor', 'set-up', 'locked-out'] as const;

/** The users by how they sign in, or why that is not known. */
export type Population = Readonly<Record<(typeof WAYS)[number], PeopleCount>> | { readonly unknown: string };

/** Counts the users of the instance, each by the policy that they meet now. */
export async function readPopulation(): Promise<Population> {
  const answer = objectOf(await send({ verb: 'GET', path: `${pathOf(INSTANCE)}/population` }), 'the population');
  const unknown = optionalText(answer['unknown'], 'unknown');
  if (unknown !== undefined) return { unknown };
  const of = (verdict: string): PeopleCount => {
    const { users, administrators } = objectOf(answer[verdict], verdict);
    return { users: Number(users), administrators: Number(administrators) };
  };
  const [noFactor, noWay] = [of('no-factor-left'), of('no-way-to-sign-in')];
  return {
    passkey: of('passkey'),
    'two-factors': of('two-factors'),
    'one-factor': of('one-factor'),
    'set-up': of('set-up'),
    'locked-out': {
      users: noFactor.users + noWay.users,
      administrators: noFactor.administrators + noWay.administrators,
    },
  };
}
