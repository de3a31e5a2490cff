import { analyze, PACKS, type Pack } from '@login-policy/domain/analysis';
import { isOrganization } from '@login-policy/domain/model';
import { unreadable } from '../errors/refusals.js';
import { READ_HEADERS } from '../openapi/parameters.js';
import type { Schema } from '../openapi/schemas.js';
import type { OwnRoute } from './own-route.js';
import { queryOf } from './query.js';

const NAMES = PACKS.map(({ name }) => name);
const FINDINGS: Schema = {
  type: 'array',
  items: {
    type: 'object',
    properties: {
      pack: { type: 'string' },
      clause: { type: 'string' },
      requirement: { type: 'string', enum: ['shall', 'should'] },
      property: { type: 'string' },
      says: { type: 'string' },
      holds: { type: 'boolean' },
      counterexample: { type: 'object', description: 'sentence, signIn as for _evaluate_sign_in, and its answer.' },
    },
  },
};

/** `GET …/policies/login/analysis`: which clauses of packs hold for all kinds of users under the effective policy. */
export const analysisRoute: OwnRoute = {
  verb: 'GET',
  name: 'analysis',
  requirement: 'read',
  operation: {
    summary: 'Analyze the login policy by the clauses of a standard',
    parameters: [
      {
        name: 'pack',
        in: 'query',
        required: true,
        description: `One or more of ${NAMES.join(', ')}, with commas between them.`,
        schema: { type: 'string' },
      },
    ],
    headers: READ_HEADERS,
    answer: {
      isDefault: { type: 'boolean' },
      findings: FINDINGS,
      undecided: { type: 'array', items: { type: 'object' }, description: 'What a login policy can not decide.' },
    },
  },
  async answer({ policies, answers, exchange, context: { owner, read } }) {
    const packs = packsIn(queryOf(exchange.query, ['pack']).pack);
    const { policy } = await answers.ofRead(
      isOrganization(owner) ? policies.effectivePolicy(owner, read) : policies.policy(owner, read),
    );
    const undecided = packs.flatMap(({ name, undecided: all }) => all.map((one) => ({ pack: name, ...one })));
    const { isDefault } = policy;
    return { message: JSON.stringify({ isDefault, findings: analyze(policy, packs), undecided }) };
  },
};

function packsIn(text: string | undefined): readonly Pack[] {
  const names = text?.split(',').map((name) => name.trim()) ?? [];
  const packs = names.flatMap((name) => PACKS.filter((pack) => pack.name === name));
  if (packs.length > 0 && packs.length === names.length) return packs;
  throw unreadable(`pack must be one or more of ${NAMES.join(', ')}, with commas between them.`);
}
