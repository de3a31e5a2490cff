import { toJson } from '@login-policy/domain';
import { isOrganization } from '@login-policy/domain/model';
import { positionToString } from '@login-policy/event-sourcing';
import { etagOfEffective, etagOfOwn } from '../calls/policy-answers.js';
import { READ_HEADERS } from '../openapi/parameters.js';
import { WHOLE_NUMBER, type OwnRoute } from './own-route.js';
import { queryOf, wholeNumberOf } from './query.js';

const MOMENT = 'A sequence, an instant in ISO 8601 with its offset, or @ and a position. Left out: now.';

/**
 * `GET …/policies/login/whole`: the default policy, or an organization's effective one, complete and in the names of
 * the library, with each identity provider's owner and the last event.
 */
export const wholePolicyRoute: OwnRoute = {
  verb: 'GET',
  name: 'whole',
  requirement: 'read',
  operation: {
    summary: 'Whole login policy',
    parameters: [{ name: 'asOf', in: 'query', description: MOMENT, schema: { type: 'string' } }],
    headers: ['If-None-Match', ...READ_HEADERS],
    answer: { outcome: { type: 'string' }, kind: { type: 'string' }, policy: { type: 'object' } },
  },
  async answer({ policies, answers, exchange, context: { owner, read } }) {
    queryOf(exchange.query, ['asOf']);
    const found = await answers.ofRead(
      isOrganization(owner) ? policies.effectivePolicy(owner, read) : policies.policy(owner, read),
    );
    const tag = (isOrganization(owner) ? etagOfEffective : etagOfOwn)(found.policy);
    return { message: JSON.stringify(toJson({ outcome: 'found', ...found })), tag };
  },
};

/** `GET /admin/v1/policies/login/organizations/policies`: all custom policies by page, complete. */
export const wholePoliciesRoute: OwnRoute = {
  verb: 'GET',
  name: 'organizations/policies',
  requirement: 'read',
  alsoPermission: 'policy.read',
  only: 'instance',
  operation: {
    summary: 'Whole custom login policies',
    parameters: [
      { name: 'after', in: 'query', description: 'The `next` of the page before.', schema: { type: 'string' } },
      { name: 'limit', in: 'query', description: '1 to 1,000, 100 if it is left out.', schema: WHOLE_NUMBER },
    ],
    headers: READ_HEADERS,
    answer: {
      policies: { type: 'array', items: { type: 'object' } },
      unreadable: { type: 'array', items: { type: 'object' }, description: 'owner, reason, message.' },
      next: { type: 'string', description: 'Left out with the last page.' },
      position: WHOLE_NUMBER,
    },
  },
  async answer({ policies, answers, exchange, context: { instance, read } }) {
    const { asOf: _, ...freshness } = read;
    const { after, limit: text } = queryOf(exchange.query, ['after', 'limit']);
    const limit = wholeNumberOf(text, 'limit');
    const options = { ...freshness, ...(after !== undefined && { after }), ...(limit !== undefined && { limit }) };
    const page = await answers.ofRead(policies.customPolicies(instance, options));
    const message = JSON.stringify({
      policies: page.policies.map((policy) => toJson({ outcome: 'found', kind: 'policy', policy })['policy']),
      unreadable: page.unreadable,
      next: page.next,
      position: positionToString(page.position),
    });
    return { message };
  },
};
