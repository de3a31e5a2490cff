import type { People } from '@login-policy/domain/people';
import type { Schema } from '../openapi/schemas.js';
import type { OwnRoute } from './own-route.js';

const COUNT: Schema = {
  type: 'object',
  properties: { users: { type: 'integer' }, administrators: { type: 'integer' } },
};
const VERDICTS = ['passkey', 'two-factors', 'one-factor', 'set-up', 'no-factor-left', 'no-way-to-sign-in'];

/**
 * `GET …/policies/login/population`: how many users sign in at each level by the policy that they meet now, how many have
 * to set up a factor first, and how many can't sign in.
 */
export function populationRoute(people: Pick<People, 'population'>): OwnRoute {
  return {
    verb: 'GET',
    name: 'population',
    requirement: 'read',
    // The users of all organizations are counted.
    alsoPermission: 'policy.read',
    operation: {
      summary: 'How the users sign in now, counted',
      headers: [],
      answer: {
        ...Object.fromEntries(VERDICTS.map((verdict) => [verdict, COUNT])),
        unknown: { type: 'string', description: 'Instead of all numbers: why they are not known.' },
      },
    },
    async answer({ policies, context: { owner, read } }) {
      const wait = read.signal === undefined ? {} : { signal: read.signal };
      return { message: JSON.stringify(await people.population(policies, owner, wait)) };
    },
  };
}
