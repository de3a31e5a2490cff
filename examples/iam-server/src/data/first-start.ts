import { randomUUID } from 'node:crypto';
import type { OwnerRef } from '@login-policy/domain';
import { INSTANCE_CATEGORY, isOrganization, ORGANIZATION_CATEGORY, ownerOfStream } from '@login-policy/domain/model';
import type { Store } from '@login-policy/event-sourcing';
import {
  beginAccounts,
  renewSecrets,
  type NewIdentityProvider,
  type NewInstance,
  type NewUser,
} from '../accounts/administration.js';
import type { Database } from '../accounts/database/database.js';
import type { CredentialKind } from '../accounts/people.js';
import { hashPassword } from '../accounts/passwords.js';
import { digestOf, newToken } from '../accounts/machine-tokens.js';
import { CannotStart, withoutSecrets, type Config } from '../config.js';
import { newId } from './new-id.js';
import { newSecrets, newSecretsFor } from './new-secrets.js';
import { draftSecrets, settleSecrets, type Secrets } from './quickstart.js';

/** What begins the accounts of a start. */
export interface BeginOptions {
  readonly config: Config;
  readonly store: Store;
  /** When this start began, by `performance.now()`. */
  readonly startedAt: number;
}

/**
 * Creates the accounts of the first start, or new secrets if they are asked for. Killed at any time, it leaves either
 * accounts whose passwords can be read, or none. Of several concurrent starts, one creates the secrets.
 *
 * @returns the secrets that can only be shown now; `undefined` unless this start created them.
 * @throws CannotStart
 */
export async function begin(database: Database, options: BeginOptions): Promise<Secrets | undefined> {
  const { config, startedAt, store } = options;
  const { dataFolder, resetsSecrets } = config;
  const current = await currentIn(database);
  const generation = randomUUID();
  let created: Secrets | undefined;
  if (current === undefined) {
    const { instance, secrets } = await firstInstance(config, store);
    await draftSecrets(dataFolder, { generation, ...idsOf(instance) }, secrets);
    if (await beginAccounts(database, { generation, secret: newToken() }, instance)) created = secrets;
    // Secrets that another start has created since this one began are new enough, and may have been printed.
  } else if (resetsSecrets && current.ageMs > performance.now() - startedAt) {
    const { ids, renewed, secrets } = await newSecretsFor(database);
    await draftSecrets(dataFolder, { generation, ...ids }, secrets);
    if (await renewSecrets(database, { seen: current.generation, generation }, renewed)) created = secrets;
  }
  await settleSecrets(dataFolder, (await currentIn(database))?.generation ?? generation);
  return created;
}

/** The generation of all secrets, and how long ago it began; `undefined` before the first start. */
async function currentIn(
  database: Database,
): Promise<{ readonly generation: string; readonly ageMs: number } | undefined> {
  const [row] = await database.run({
    sql: `SELECT g.value, iam.now_ms() - CAST(r.value AS BIGINT) AS age FROM iam.meta g, iam.meta r
      WHERE g.key = 'generation' AND r.key = 'renewed_at'`,
    values: [],
  });
  return row && { generation: String(row['value']), ageMs: Number(row['age']) };
}

function idsOf({ id, organizations = [] }: NewInstance): {
  readonly instanceId: string;
  readonly organizationIds: readonly string[];
} {
  return { instanceId: id, organizationIds: organizations.map((one) => one.id) };
}

const PASSKEY: CredentialKind = 'U2F_WITH_VERIFICATION';

/** Some users only have a passkey, so that the preview of a removal is interesting. Nobody knows their passwords. */
const PEOPLE: readonly {
  readonly name: string;
  readonly of: 'Acme' | 'Globex';
  readonly factors: readonly CredentialKind[];
}[] = [
  { name: 'ada', of: 'Acme', factors: [PASSKEY, 'TOTP'] },
  { name: 'ben', of: 'Acme', factors: [PASSKEY] },
  { name: 'cem', of: 'Acme', factors: ['TOTP'] },
  { name: 'dana', of: 'Globex', factors: [PASSKEY] },
  { name: 'eli', of: 'Globex', factors: ['U2F'] },
];

/** One that every policy may link, and one that only Globex may. */
function providersOf(globex: string | undefined): readonly NewIdentityProvider[] {
  return [
    { id: 'google', name: 'Google', type: 'GOOGLE' },
    { id: 'globex-saml', name: 'Globex', type: 'SAML', organizationId: globex },
  ];
}

/** An instance with two organizations, an owner and a viewer; or accounts for the existing instance of a store. */
async function firstInstance(
  { accountsUrl, adoptedInstance, storeUrl }: Config,
  store: Store,
): Promise<{ readonly instance: NewInstance; readonly secrets: Secrets }> {
  const found = adoptedInstance === undefined ? await firstOwner(store) : undefined;
  if (found !== undefined) {
    throw new CannotStart(
      `The store ${withoutSecrets(storeUrl)} has policies of the instance ${found.instanceId}, but ${withoutSecrets(accountsUrl)} has no accounts. ` +
        `Restore those, or start once with IAM_ADOPT_INSTANCE=${found.instanceId}, which makes new accounts for it.`,
    );
  }
  const adopted = adoptedInstance === undefined ? [] : await customizedIn(store, adoptedInstance);
  const fresh = ['Acme', 'Globex'].map((name) => ({ id: newId(), name }));
  const people = PEOPLE.map(({ name, of, factors }): NewUser => {
    const organizationId = fresh.find((one) => one.name === of)?.id;
    return { id: name, name, role: 'USER', organizationId, factors, passwordHash: undefined };
  });
  const isFresh = adopted.length === 0;
  const secrets = newSecrets({ owner: 'owner', viewer: 'viewer' });
  const [owner, viewer] = await Promise.all(
    [secrets.users.owner, secrets.users.viewer].map(({ password }) => hashPassword(password)),
  );
  const instance: NewInstance = {
    id: adoptedInstance ?? newId(),
    name: 'Example IAM',
    organizations: isFresh ? fresh : adopted,
    identityProviders: isFresh ? providersOf(fresh.find(({ name }) => name === 'Globex')?.id) : [],
    // Readable ids, because the history shows them as actors.
    users: [
      { id: 'owner', name: 'owner', role: 'IAM_OWNER', passwordHash: owner },
      { id: 'viewer', name: 'viewer', role: 'IAM_OWNER_VIEWER', passwordHash: viewer },
      ...(isFresh ? people : []),
    ],
    machines: [
      { id: 'owner-machine', role: 'IAM_OWNER', digest: digestOf(secrets.tokens.owner) },
      { id: 'viewer-machine', role: 'IAM_OWNER_VIEWER', digest: digestOf(secrets.tokens.viewer) },
    ],
  };
  return { instance, secrets };
}

async function firstOwner(store: Store): Promise<OwnerRef | undefined> {
  const filter = { categories: [INSTANCE_CATEGORY, ORGANIZATION_CATEGORY] };
  for await (const page of store.eventStore.readAll({ filter, pageSize: 1 })) {
    for (const { streamId } of page) {
      const owner = ownerOfStream(streamId);
      if (owner !== undefined) return owner;
    }
  }
  return undefined;
}

/** The organizations of an instance that ever had a custom policy. Events do not contain their names. */
async function customizedIn(
  store: Store,
  instanceId: string,
): Promise<readonly { readonly id: string; readonly name: string }[]> {
  const ids = new Set<string>();
  for await (const page of store.eventStore.readAll({ filter: { categories: [ORGANIZATION_CATEGORY] } })) {
    for (const owner of page.map(({ streamId }) => ownerOfStream(streamId))) {
      if (owner !== undefined && isOrganization(owner) && owner.instanceId === instanceId)
        ids.add(owner.organizationId);
    }
  }
  return [...ids].map((id) => ({ id, name: id }));
}
