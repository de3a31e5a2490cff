import { z } from 'zod';
import type { Database } from './database/database.js';
import { parsed } from './people.js';
import { ADMINISTRATORS, ROLES } from './roles.js';

/** Which users to list. */
export interface UserQuery {
  /** A part of a name, or a whole id. */
  readonly search: string;
  /** Only users of this organization. */
  readonly organization?: string | undefined;
  /** Only users after this name. */
  readonly after: string;
  readonly limit: number;
}

/** A user in a list. */
export interface ListedUser {
  readonly id: string;
  readonly name: string;
  /** Absent: a user of the instance itself. */
  readonly organizationId?: string;
  readonly isAdministrator: boolean;
}

const row = z.object({ id: z.string(), name: z.string(), role: z.enum(ROLES), organization: z.string().nullable() });

/**
 * The users of an instance that are not disabled, by name, and the name to go on after; without one, they are all.
 *
 * @throws Fault when the accounts are away, or a row is damaged
 */
export async function listUsers(
  database: Database,
  instanceId: string,
  { after, limit, organization, search }: UserQuery,
): Promise<{ readonly users: readonly ListedUser[]; readonly next?: string }> {
  const part = `%${search.toLowerCase().replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
  const rows = await database.run({
    sql: `SELECT u.id, u.name, u.role, u.organization FROM iam.users u
      WHERE u.instance = $1 AND u.disabled_at IS NULL AND u.name > $2
        AND (lower(u.name) LIKE $3 ESCAPE '\\' OR u.id = $4)${organization === undefined ? '' : ' AND u.organization = $5'}
      ORDER BY u.name LIMIT ${limit + 1}`,
    values: [instanceId, after, part, search, ...(organization === undefined ? [] : [organization])],
  });
  const users = rows.slice(0, limit).map((one) => {
    const { id, name, organization: own, role } = parsed(row, one, 'users');
    return { id, name, ...(own !== null && { organizationId: own }), isAdministrator: ADMINISTRATORS.includes(role) };
  });
  const last = users.at(-1);
  return { users, ...(rows.length > limit && last !== undefined && { next: last.name }) };
}
