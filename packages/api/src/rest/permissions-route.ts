import type { OwnerRef } from '@login-policy/domain';
import { InvalidValue, isOrganization, parseOrganization } from '@login-policy/domain/model';
import { unreadable } from '../errors/refusals.js';
import type { OwnCall, OwnRoute } from './own-route.js';

const MOST_IDS = 1000;
const BOOLEAN = { type: 'boolean' };
const MAY = { mayRead: BOOLEAN, mayChange: BOOLEAN, mayRemove: BOOLEAN };

/**
 * `POST /admin/v1/policies/login/_permissions`: the caller's permissions for the default policy and for those of some
 * organizations. Open to every authenticated caller. It reveals nothing else: an organization that does not exist is
 * answered like any other.
 */
export const permissionsRoute: OwnRoute = {
  verb: 'POST',
  name: '_permissions',
  requirement: 'authenticated',
  only: 'instance',
  operation: {
    summary: 'What the caller may do',
    body: {
      type: 'object',
      properties: { organizationIds: { type: 'array', items: { type: 'string' }, maxItems: MOST_IDS } },
    },
    headers: [],
    answer: {
      instanceId: { type: 'string' },
      default: { type: 'object', properties: MAY },
      organizations: {
        type: 'array',
        items: { type: 'object', properties: { organizationId: { type: 'string' }, ...MAY } },
      },
    },
  },
  async answer(call) {
    const { instance } = call.context;
    const organizations: object[] = [];
    for (const organizationId of organizationIdsIn(call)) {
      const permissions = await permissionsFor({ ...instance, organizationId }, call);
      organizations.push({ organizationId, ...permissions });
    }
    const { instanceId } = instance;
    return { message: JSON.stringify({ instanceId, default: await permissionsFor(instance, call), organizations }) };
  },
};

function organizationIdsIn({ body: { organizationIds = [] }, context: { instance } }: OwnCall): readonly string[] {
  if (!Array.isArray(organizationIds) || organizationIds.length > MOST_IDS)
    throw unreadable(`organizationIds must be a list of at most ${MOST_IDS} ids.`);
  return organizationIds.map((id, index) => {
    try {
      return parseOrganization({ ...instance, organizationId: id }, 'organization').organizationId;
    } catch (caught) {
      if (caught instanceof InvalidValue)
        throw unreadable(`organizationIds[${index}] must be the id of an organization.`);
      throw caught;
    }
  });
}

async function permissionsFor(owner: OwnerRef, { context: { isAllowed } }: OwnCall): Promise<object> {
  const [read, write, remove] = isOrganization(owner)
    ? ['policy.read', 'policy.write', 'policy.delete']
    : ['iam.policy.read', 'iam.policy.write', undefined];
  return {
    mayRead: await isAllowed(read, owner),
    mayChange: await isAllowed(write, owner),
    mayRemove: remove !== undefined && (await isAllowed(remove, owner)),
  };
}
