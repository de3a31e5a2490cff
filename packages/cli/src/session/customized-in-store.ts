import type { InstanceRef, LoginPolicies } from '@login-policy/domain';
import type { CustomizedJson } from './answers.js';
import { accepted } from './accepted.js';
import type { CustomListOptions } from './policies.js';

/** A page of the organizations with a custom policy. */
export async function customizedIn(
  loginPolicies: LoginPolicies,
  instance: InstanceRef,
  { after, ...filter }: CustomListOptions,
): Promise<CustomizedJson> {
  const options = { ...filter, ...(after !== undefined && { after }) };
  const page = accepted(await loginPolicies.organizationsWithCustomPolicy(instance, options));
  const { next, organizations, total, unreadable } = page;
  return {
    organizationIds: organizations.map(({ organizationId }) => organizationId),
    ...(next !== undefined && { next }),
    ...(total !== undefined && { total }),
    ...(unreadable !== undefined && { unreadable }),
  };
}
