import type { InstanceRef, LoginPolicies, OrganizationRef } from '@login-policy/domain';
import { orThrow } from '@login-policy/domain';
import type { Position } from '@login-policy/event-sourcing';

/** The instance this service administers. */
export const instance: InstanceRef = { instanceId: '69629023906488334' };

/** Acme has no custom policy: the instance's default holds for it. */
export const acme: OrganizationRef = { ...instance, organizationId: 'acme' };

/** Globex has a custom policy: a change to the default does not touch it. */
export const globex: OrganizationRef = { ...instance, organizationId: 'globex' };

/** Which organizations a change to the instance's policy affects: those on the default. */
export async function splitByEffect(
  loginPolicies: LoginPolicies,
  { organizations, atLeast }: { readonly organizations: readonly OrganizationRef[]; readonly atLeast: Position },
): Promise<{ readonly affected: readonly string[]; readonly unaffected: readonly string[] }> {
  const affected: string[] = [];
  const unaffected: string[] = [];
  for (const organization of organizations) {
    const { policy } = orThrow(await loginPolicies.effectivePolicy(organization, { atLeast }));
    (policy.isDefault ? affected : unaffected).push(organization.organizationId);
  }
  return { affected, unaffected };
}
