import { orThrow, type CustomizedOrganizations, type ListOptions } from '@login-policy/domain';
import type { Session } from './session.js';

/** The ids of all organizations that have a custom policy, or of one kind of them. */
export async function listedAll(
  { instance, loginPolicies }: Pick<Session, 'instance' | 'loginPolicies'>,
  kind: Pick<ListOptions, 'allowing'> = {},
): Promise<readonly string[]> {
  const ids: string[] = [];
  let next: Pick<ListOptions, 'after'> | undefined = {};
  while (next !== undefined) {
    const page: CustomizedOrganizations = orThrow(
      await loginPolicies.organizationsWithCustomPolicy(instance, { limit: 10_000, ...kind, ...next }),
    );
    ids.push(...page.organizations.map(({ organizationId }) => organizationId));
    next = page.next === undefined ? undefined : { after: page.next };
  }
  return ids;
}
