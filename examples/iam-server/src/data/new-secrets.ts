import type { Renewed } from '../accounts/administration.js';
import type { Database, Row } from '../accounts/database/database.js';
import { digestOf, newToken } from '../accounts/machine-tokens.js';
import { hashPassword, newPassword } from '../accounts/passwords.js';
import type { Role } from '../accounts/roles.js';
import type { QuickstartIds, Secrets } from './quickstart.js';

/** New secrets for an owner and a viewer. */
export function newSecrets(names: { readonly owner: string; readonly viewer: string }): Secrets {
  return {
    tokens: { owner: newToken(), viewer: newToken() },
    users: {
      owner: { name: names.owner, password: newPassword() },
      viewer: { name: names.viewer, password: newPassword() },
    },
  };
}

/** The accounts that are told their new secrets, and these. */
export interface NewSecrets {
  readonly ids: QuickstartIds;
  readonly renewed: Renewed;
  readonly secrets: Secrets;
}

/**
 * New secrets for all accounts: in the first instance, the first user and machine of each role, by their ids, get some
 * that are shown.
 */
export async function newSecretsFor(database: Database): Promise<NewSecrets> {
  const [instance] = await database.run({ sql: 'SELECT id FROM iam.instances ORDER BY added_at, id', values: [] });
  const instanceId = String(instance?.['id']);
  const of = async (text: string): Promise<readonly Row[]> => database.run({ sql: text, values: [instanceId] });
  const organizations = await of('SELECT id FROM iam.organizations WHERE instance = $1 ORDER BY name, id');
  const users = await of(
    'SELECT id, name, role FROM iam.users WHERE instance = $1 AND disabled_at IS NULL ORDER BY id',
  );
  const machines = await of('SELECT id, role FROM iam.machines WHERE instance = $1 ORDER BY id');
  const roles = ['IAM_OWNER', 'IAM_OWNER_VIEWER'] as const;
  const [owner, viewer] = roles.map((role) => firstOf(users, role));
  const secrets = newSecrets({ owner: nameOf(owner), viewer: nameOf(viewer) });
  const told = [
    { user: owner, machine: firstOf(machines, 'IAM_OWNER'), ...secretsOf(secrets, 'owner') },
    { user: viewer, machine: firstOf(machines, 'IAM_OWNER_VIEWER'), ...secretsOf(secrets, 'viewer') },
  ];
  return {
    ids: { instanceId, organizationIds: organizations.map(({ id }) => String(id)) },
    secrets,
    renewed: {
      users: await Promise.all(
        told.map(async ({ user, password }) => ({
          instanceId,
          userId: String(user?.['id']),
          passwordHash: await hashPassword(password),
        })),
      ),
      machines: told.map(({ machine, token }) => ({
        instanceId,
        id: String(machine?.['id']),
        digest: digestOf(token),
      })),
    },
  };
}

function firstOf(rows: readonly Row[], role: Role): Row | undefined {
  return rows.find((row) => row['role'] === role);
}

function nameOf(user: Row | undefined): string {
  return user === undefined ? 'nobody' : String(user['name']);
}

function secretsOf(
  { tokens, users }: Secrets,
  who: 'owner' | 'viewer',
): { readonly password: string; readonly token: string } {
  return { password: users[who].password, token: tokens[who] };
}
