import type { IdentityProviderType } from '@login-policy/domain/model';
import { sql, type Database, type Statement } from './database/database.js';
import type { CredentialKind } from './people.js';
import type { Role } from './roles.js';
import { newToken } from './machine-tokens.js';

/** A user to add. */
export interface NewUser {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly organizationId?: string | undefined;
  /** Undefined: nobody knows it. */
  readonly passwordHash: string | undefined;
  readonly factors?: readonly CredentialKind[];
}

/** An identity provider to add. */
export interface NewIdentityProvider {
  readonly id: string;
  readonly name: string;
  readonly type: IdentityProviderType;
  /** Absent: of the instance. */
  readonly organizationId?: string | undefined;
}

/** A machine to add. */
export interface NewMachine {
  readonly id: string;
  readonly role: Role;
  readonly digest: string;
}

/** An instance with everything that begins with it. */
export interface NewInstance {
  readonly id: string;
  readonly name: string;
  readonly hosts?: readonly string[];
  readonly organizations?: readonly { readonly id: string; readonly name: string }[];
  readonly identityProviders?: readonly NewIdentityProvider[];
  readonly users?: readonly NewUser[];
  readonly machines?: readonly NewMachine[];
}

/** The secret of a password that nobody knows: no hash looks like it. */
const NOBODY_KNOWS = '!';

/** The statements that add an instance; the first one returns no row when it exists. */
export function instanceAdded({ id, name, ...with_ }: NewInstance): readonly Statement[] {
  const { hosts = [], identityProviders = [], machines = [], organizations = [], users = [] } = with_;
  return [
    sql`INSERT INTO iam.instances (id, name, added_at) VALUES (${id}, ${name}, iam.now_ms())
      ON CONFLICT (id) DO NOTHING RETURNING id`,
    ...hosts.map((host) => hostAdded(id, host)),
    ...organizations.map((one) => organizationAdded(id, one)),
    ...identityProviders.map((one) => identityProviderAdded(id, one)),
    ...users.flatMap((user) => userAdded(id, user)),
    ...machines.map(
      (one) =>
        sql`INSERT INTO iam.machines (digest, instance, id, role) VALUES (${one.digest}, ${id}, ${one.id}, ${one.role})`,
    ),
    directoryChanged(),
  ];
}

/** Adds a host to an instance; returns no row when the host is taken. */
export function hostAdded(instanceId: string, host: string): Statement {
  return sql`INSERT INTO iam.hosts (host, instance) SELECT ${host}, id FROM iam.instances WHERE id = ${instanceId}
    ON CONFLICT (host) DO NOTHING RETURNING host`;
}

/** Adds an organization; returns no row when it exists, or its instance does not. */
export function organizationAdded(
  instanceId: string,
  { id, name }: { readonly id: string; readonly name: string },
): Statement {
  return sql`INSERT INTO iam.organizations (instance, id, name)
    SELECT id, ${id}, ${name} FROM iam.instances WHERE id = ${instanceId} ON CONFLICT DO NOTHING RETURNING id`;
}

/** Adds an identity provider; returns no row when its id is taken, or its instance does not exist. */
export function identityProviderAdded(instanceId: string, provider: NewIdentityProvider): Statement {
  const { id, name, organizationId = null, type } = provider;
  return sql`INSERT INTO iam.identity_providers (instance, id, organization, name, type)
    SELECT i.id, ${id}, ${organizationId}, ${name}, ${type} FROM iam.instances i WHERE i.id = ${instanceId}
    ON CONFLICT DO NOTHING RETURNING id`;
}

/** Adds a user with a password; the first statement returns no row when the name or the id is taken. */
export function userAdded(instanceId: string, user: NewUser): readonly Statement[] {
  const { factors = [], id, name, organizationId = null, passwordHash = NOBODY_KNOWS, role } = user;
  return [
    sql`INSERT INTO iam.users (instance, id, organization, name, role)
      SELECT i.id, ${id}, ${organizationId}, ${name}, ${role} FROM iam.instances i WHERE i.id = ${instanceId}
      ON CONFLICT DO NOTHING RETURNING id`,
    passwordAdded({ instanceId, userId: id }, passwordHash),
    ...factors.map((kind) => credentialAdded({ instanceId, userId: id }, kind, NOBODY_KNOWS)),
  ];
}

/** Adds a password where a user has none; returns no row otherwise. */
export function passwordAdded(user: UserId, passwordHash: string): Statement {
  return credentialAdded(user, 'PASSWORD', passwordHash);
}

/** Says that the directory changed, so that each process reads it again. */
export function directoryChanged(): Statement {
  return sql`UPDATE iam.meta SET value = ${newToken()} WHERE key = 'directory'`;
}

interface UserId {
  readonly instanceId: string;
  readonly userId: string;
}

function credentialAdded({ instanceId, userId }: UserId, kind: CredentialKind, secret: string): Statement {
  return sql`INSERT INTO iam.credentials (id, instance, user_id, kind, secret, added_at)
    VALUES (${newToken()}, ${instanceId}, ${userId}, ${kind}, ${secret}, iam.now_ms())
    ON CONFLICT DO NOTHING RETURNING id`;
}

/** The accounts that get secrets which somebody is told. All others get some that nobody knows. */
export interface Renewed {
  readonly users: readonly (UserId & { readonly passwordHash: string })[];
  readonly machines: readonly { readonly instanceId: string; readonly id: string; readonly digest: string }[];
}

/** Creates the accounts of a first start. @returns whether this one was first. */
export async function beginAccounts(
  database: Database,
  { generation, secret }: { readonly generation: string; readonly secret: string },
  instance: NewInstance,
): Promise<boolean> {
  const begun = await database.atOnce([
    sql`INSERT INTO iam.meta (key, value) VALUES ('generation', ${generation})
      ON CONFLICT (key) DO NOTHING RETURNING value`,
    sql`INSERT INTO iam.meta (key, value) VALUES ('secret', ${secret}), ('directory', ${newToken()}),
      ('renewed_at', CAST(iam.now_ms() AS TEXT))`,
    ...instanceAdded(instance),
  ]);
  return begun !== undefined;
}

/** Replaces all secrets, and ends all sessions. @returns whether the generation was still the one that was seen. */
export async function renewSecrets(
  database: Database,
  { seen, generation }: { readonly seen: string; readonly generation: string },
  { machines, users }: Renewed,
): Promise<boolean> {
  const renewed = await database.atOnce([
    sql`UPDATE iam.meta SET value = ${generation} WHERE key = 'generation' AND value = ${seen} RETURNING value`,
    sql`UPDATE iam.meta SET value = ${newToken()} WHERE key = 'secret'`,
    sql`UPDATE iam.meta SET value = CAST(iam.now_ms() AS TEXT) WHERE key = 'renewed_at'`,
    sql`DELETE FROM iam.sessions`,
    sql`DELETE FROM iam.tries`,
    sql`DELETE FROM iam.credentials WHERE kind <> 'LINK'`,
    // Also for accounts that were added meanwhile. No token has such a digest.
    sql`INSERT INTO iam.credentials (id, instance, user_id, kind, secret, added_at)
      SELECT ${generation} || ' ' || instance || ' ' || id, instance, id, 'PASSWORD', ${NOBODY_KNOWS}, iam.now_ms()
      FROM iam.users`,
    sql`UPDATE iam.machines SET digest = ${generation} || ' ' || instance || ' ' || id`,
    ...users.map(
      ({ instanceId, userId, passwordHash }) => sql`UPDATE iam.credentials SET secret = ${passwordHash}
        WHERE instance = ${instanceId} AND user_id = ${userId} AND kind = 'PASSWORD'`,
    ),
    ...machines.map(
      ({ instanceId, id, digest }) =>
        sql`UPDATE iam.machines SET digest = ${digest} WHERE instance = ${instanceId} AND id = ${id}`,
    ),
  ]);
  return renewed !== undefined;
}

/** Gives a user another password, as a new credential. @returns whether the one that was seen was still theirs. */
export async function changePassword(
  database: Database,
  user: UserId,
  { seen, passwordHash }: { readonly seen: string | undefined; readonly passwordHash: string },
): Promise<boolean> {
  const added = passwordAdded(user, passwordHash);
  const changed = await database.atOnce(
    seen === undefined
      ? [added]
      : [sql`DELETE FROM iam.credentials WHERE id = ${seen} AND kind = 'PASSWORD' RETURNING id`, added],
  );
  return changed !== undefined;
}
