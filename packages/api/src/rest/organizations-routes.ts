import type { CustomizedOrganizations, ListOptions } from '@login-policy/domain';
import { type OnDefault, LOCK_OUTS } from '@login-policy/domain/model';
import { positionToString } from '@login-policy/event-sourcing';
import { POLICY_COUNT } from './preview-route.js';
import { noOrganizationList, unreadable } from '../errors/refusals.js';
import { factorNamed } from '../messages/factors.js';
import { READ_HEADERS } from '../openapi/parameters.js';
import { WHOLE_NUMBER, type OwnOperation, type OwnRoute } from './own-route.js';
import { queryOf, wholeNumberOf } from './query.js';

const PAGE = [
  { name: 'after', in: 'query', description: 'The `next` of the page before.', schema: { type: 'string' } },
  { name: 'limit', in: 'query', description: '1 to 10,000, 100 if it is left out.', schema: WHOLE_NUMBER },
];
const LIST_ANSWER: OwnOperation['answer'] = {
  organizationIds: { type: 'array', items: { type: 'string' } },
  next: { type: 'string', description: 'Left out with the last page.' },
  position: WHOLE_NUMBER,
};

/**
 * `GET /admin/v1/policies/login/organizations/custom`: the organizations with a custom policy, or with one that allows
 * a factor, links an identity provider or has a warning.
 */
export const customPoliciesRoute: OwnRoute = {
  verb: 'GET',
  name: 'organizations/custom',
  requirement: 'read',
  alsoPermission: 'policy.read',
  only: 'instance',
  operation: {
    summary: 'Organizations with a custom login policy',
    parameters: [
      { name: 'allowing', in: 'query', description: 'A factor, by its name here.', schema: { type: 'string' } },
      { name: 'linking', in: 'query', description: 'The id of an identity provider.', schema: { type: 'string' } },
      { name: 'warned', in: 'query', schema: { type: 'string', enum: LOCK_OUTS } },
      ...PAGE,
    ],
    headers: READ_HEADERS,
    answer: {
      ...LIST_ANSWER,
      total: { ...POLICY_COUNT, description: 'With the first page: how many there are.' },
      unreadable: {
        ...POLICY_COUNT,
        description: 'With the first page: how many custom policies of the instance can’t be read.',
      },
    },
  },
  async answer({ policies, answers, exchange, context: { instance, read } }) {
    const { allowing, linking, warned, ...page } = queryOf(exchange.query, [
      'allowing',
      'linking',
      'warned',
      'after',
      'limit',
    ]);
    const filter = {
      ...(allowing !== undefined && { allowing: factorNamed(allowing, 'allowing') }),
      ...(linking !== undefined && { linking }),
      ...(warned !== undefined && { warned: warningNamed(warned) }),
    };
    const options = { ...read, ...pageIn(page), ...filter };
    return { message: listJson(await answers.ofRead(policies.organizationsWithCustomPolicy(instance, options))) };
  },
};

/**
 * `GET /admin/v1/policies/login/organizations/default`: the organizations without a custom policy, which a change to
 * the default affects.
 */
export const onDefaultRoute: OwnRoute = {
  verb: 'GET',
  name: 'organizations/default',
  requirement: 'read',
  alsoPermission: 'policy.read',
  only: 'instance',
  operation: {
    summary: 'Organizations on the default login policy',
    parameters: PAGE,
    headers: READ_HEADERS,
    answer: LIST_ANSWER,
  },
  async answer({ policies, answers, exchange, context: { instance, read } }) {
    const options = { ...read, ...pageIn(queryOf(exchange.query, ['after', 'limit'])) };
    if (!policies.listsOrganizations) throw noOrganizationList();
    return { message: listJson(await answers.ofRead(policies.organizationsOnDefault(instance, options))) };
  },
};

function pageIn({ after, limit: text }: { readonly after?: string; readonly limit?: string }): ListOptions {
  const limit = wholeNumberOf(text, 'limit');
  return { ...(after !== undefined && { after }), ...(limit !== undefined && { limit }) };
}

function warningNamed(name: string): (typeof LOCK_OUTS)[number] {
  const found = LOCK_OUTS.find((one) => one === name);
  if (found !== undefined) return found;
  throw unreadable(`warned must be one of ${LOCK_OUTS.join(', ')}.`);
}

function listJson(found: CustomizedOrganizations | OnDefault): string {
  const { organizations, next, position } = found;
  const isCustom = found.kind === 'custom-policies';
  const counts = isCustom && { total: found.total, unreadable: found.unreadable };
  const organizationIds = organizations.map(({ organizationId }) => organizationId);
  return JSON.stringify({ organizationIds, next, ...counts, position: positionToString(position) });
}
