import type { PolicyCount } from '@login-policy/domain';
import type { CustomizedJson } from './answers.js';
import type { CustomListOptions, Policies } from './policies.js';

/**
 * The ids of all organizations with a custom policy, or of those that match the filter, and the number of all custom
 * policies that can't be read.
 */
export async function listAllCustomized(
  policies: Pick<Policies, 'customized'>,
  filter: Pick<CustomListOptions, 'allowing'> = {},
): Promise<{ readonly ids: readonly string[]; readonly unreadable: PolicyCount }> {
  const ids: string[] = [];
  let unreadable: PolicyCount = 0;
  let next: Pick<CustomListOptions, 'after'> | undefined = {};
  while (next !== undefined) {
    const page: CustomizedJson = await policies.customized({ limit: 10_000, ...filter, ...next });
    ids.push(...page.organizationIds);
    unreadable = page.unreadable ?? unreadable;
    next = page.next === undefined ? undefined : { after: page.next };
  }
  return { ids, unreadable };
}
