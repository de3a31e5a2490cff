import { orThrow, type LoginPolicies } from '@login-policy/domain';

/**
 * Checks that every row of an instance's organizations equals a fold of its events up to its sequence. Returns the
 * number of rows.
 */
export async function demandRowsMatchLog(
  policies: LoginPolicies,
  instance: { readonly instanceId: string },
): Promise<number> {
  const all = { waitMs: 30_000, limit: 10_000 };
  const { organizations } = orThrow(await policies.organizationsWithCustomPolicy(instance, all));
  for (const owner of organizations) {
    const { policy: live } = orThrow(await policies.policy(owner));
    const { policy: folded } = orThrow(await policies.policy(owner, { asOf: { sequence: live.details.sequence } }));
    const [row, fold] = [live, folded].map(({ position: _, ...content }) => JSON.stringify(content, digits));
    if (row !== fold) throw new Error(`the row of ${owner.organizationId} is not the fold of its events`);
  }
  return organizations.length;
}

function digits(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
