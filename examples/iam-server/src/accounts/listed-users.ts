import type { UserSetUp } from '@login-policy/domain/model';
import { z } from 'zod';
import type { Database } from './database/database.js';
import { kind, parsed } from './people.js';
import { ADMINISTRATORS, ROLES } from './roles.js';
import { setUpOf } from './sign-in-policies.js';

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

/** A user with what they have to sign in with. */
export interface UserFound extends ListedUser {
  readonly has: UserSetUp;
}

const row = z.object({
  id: z.string(),
  name: z.string(),
  role: z.enum(ROLES),
  organization: z.string().nullable(),
  kind: kind.nullable(),
  provider: z.string().nullable(),
});

/** The most users that one statement reads. */
const MOST_AT_ONCE = 1000;

/**
 * The users of an instance that are not disabled and wanted, by name, and the name to go on after; without one, they
 * are all.
 *
 * @throws Fault when the accounts are away, or a row is damaged
 */
export async function listUsers(
  database: Database,
  instanceId: string,
  query: UserQuery,
  isWanted: (user: UserFound) => boolean = () => true,
): Promise<{ readonly users: readonly ListedUser[]; readonly next?: string }> {
  const { limit } = query;
  const found: UserFound[] = [];
  for (let after: string | undefined = query.after, size = limit + 1; after !== undefined && found.length <= limit;) {
    const read: readonly UserFound[] = await usersAfter(database, instanceId, { ...query, after, limit: size });
    found.push(...read.filter(isWanted));
    after = read.length < size ? undefined : read.at(-1)?.name;
    // Where few of them are wanted, most are read.
    size = Math.min(size * 4, MOST_AT_ONCE);
  }
  const users = found.slice(0, limit).map(({ has: _, ...user }) => user);
  const last = users.at(-1);
  return { users, ...(found.length > limit && last !== undefined && { next: last.name }) };
}

async function usersAfter(
  database: Database,
  instanceId: string,
  { after, limit, organization, search }: UserQuery,
): Promise<readonly UserFound[]> {
  const part = `%${search.toLowerCase().replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
  const rows = await database.run({
    sql: `SELECT u.id, u.name, u.role, u.organization, c.kind, CASE WHEN c.kind = 'LINK' THEN c.secret END AS provider
      FROM (SELECT * FROM iam.users u
        WHERE u.instance = $1 AND u.disabled_at IS NULL AND u.name > $2
          AND (lower(u.name) LIKE $3 ESCAPE '\\' OR u.id = $4)${organization === undefined ? '' : ' AND u.organization = $5'}
        ORDER BY u.name LIMIT ${limit}) AS u
      LEFT JOIN iam.credentials c ON c.instance = $1 AND c.user_id = u.id AND c.ready = 1
      ORDER BY u.name`,
    values: [instanceId, after, part, search, ...(organization === undefined ? [] : [organization])],
  });
  const byId = new Map<string, z.output<typeof row>[]>();
  for (const one of rows.map((read) => parsed(row, read, 'users')))
    byId.set(one.id, [...(byId.get(one.id) ?? []), one]);
  return [...byId.values()].flatMap((credentials) => userIn(credentials) ?? []);
}

/** The user in the rows of one user: one row a credential. */
function userIn(rows: readonly z.output<typeof row>[]): UserFound | undefined {
  const [first] = rows;
  if (first === undefined) return undefined;
  const { id, name, organization, role } = first;
  const credentials = rows.flatMap(({ kind: one, provider }) =>
    one === null ? [] : [{ kind: one, ...(provider !== null && { provider }) }],
  );
  return {
    ...{ id, name, isAdministrator: ADMINISTRATORS.includes(role), has: setUpOf(credentials) },
    ...(organization !== null && { organizationId: organization }),
  };
}
