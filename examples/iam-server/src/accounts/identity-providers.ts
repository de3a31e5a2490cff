import type { IdentityProviderDirectory } from '@login-policy/domain';
import { IDENTITY_PROVIDER_TYPES, isOrganization } from '@login-policy/domain/model';
import { z } from 'zod';
import { sql, type Database } from './database/database.js';
import { parsed } from './people.js';

const row = z.object({
  id: z.string(),
  organization: z.string().nullable(),
  name: z.string(),
  type: z.enum(IDENTITY_PROVIDER_TYPES),
});

/**
 * The directory of identity providers in the accounts: those of the instance, and for a policy of an organization those
 * of that organization, each only where it is linked as what it is.
 *
 * @throws Fault when the accounts are away, or a row is damaged
 */
export function identityProviders(database: Database): IdentityProviderDirectory {
  return async (owner, wanted) => {
    const rows = await database.run(sql`SELECT id, organization, name, type FROM iam.identity_providers
      WHERE instance = ${owner.instanceId}`);
    const own = isOrganization(owner) ? owner.organizationId : undefined;
    return rows.flatMap((one) => {
      const { organization, ...known } = parsed(row, one, 'identity providers');
      const ownerType = organization === null ? 'SYSTEM' : 'ORG';
      const isMeant = wanted.some(({ id, ownerType: linkedAs }) => id === known.id && linkedAs === ownerType);
      return isMeant && (organization === null || organization === own) ? [known] : [];
    });
  };
}

/** An identity provider that the accounts know. */
export interface KnownProvider {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  /** Absent: of the instance. */
  readonly organizationId?: string;
}

/**
 * All identity providers of an instance and of its organizations, by name.
 *
 * @throws Fault when the accounts are away, or a row is damaged
 */
export async function knownProviders(database: Database, instanceId: string): Promise<readonly KnownProvider[]> {
  const rows = await database.run(sql`SELECT id, organization, name, type FROM iam.identity_providers
    WHERE instance = ${instanceId} ORDER BY name, id`);
  return rows.map((one) => {
    const { organization, ...known } = parsed(row, one, 'identity providers');
    return organization === null ? known : { ...known, organizationId: organization };
  });
}
