import type { CustomizedJson } from './answers.js';
import type { CustomListOptions, Policies } from './policies.js';

/**
 * The ids of all organizations with a custom policy, or of those that match the filter, and the number of all custom
 * policies that can't be read.
 */
export async function listAllCustomized(
  policies: Pick<Policies, 'customized'>,
  filter: Pick<CustomListOptions, 'allowing'> = {},
): Promise<{ readonly ids: readonly string[]; readonly unreadable: number }> {
  const ids: string[] = [];
  let unreadable = 0;
  let next: Pick<CustomListOptions, 'after'> | undefined = {};
  while (next !== undefined) {
    const page: CustomizedJson = await policies.customized({ limit: 10_000, ...filter, ...next });
    ids.push(...page.organizationIds);
    unreadable += page.unreadable ?? 0;
    next = page.next === undefined ? undefined : { after: page.next };
  }
  return { ids, unreadable };
}
