import type { CustomizedJson } from './answers.js';
import type { CustomKind, Policies } from './policies.js';

/** The ids of all organizations that have a custom policy, or of one kind of them; and how many of all can't be read. */
export async function listedAll(
  policies: Pick<Policies, 'customized'>,
  kind: Pick<CustomKind, 'allowing'> = {},
): Promise<{ readonly ids: readonly string[]; readonly unreadable: number }> {
  const ids: string[] = [];
  let unreadable = 0;
  let next: Pick<CustomKind, 'after'> | undefined = {};
  while (next !== undefined) {
    const page: CustomizedJson = await policies.customized({ limit: 10_000, ...kind, ...next });
    ids.push(...page.organizationIds);
    unreadable += page.unreadable ?? 0;
    next = page.next === undefined ? undefined : { after: page.next };
  }
  return { ids, unreadable };
}
