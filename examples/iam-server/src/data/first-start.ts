import { randomInt, randomUUID } from 'node:crypto';
import type { OwnerRef } from '@login-policy/domain';
import { INSTANCE_CATEGORY, isOrganization, ORGANIZATION_CATEGORY, ownerOfStream } from '@login-policy/domain/model';
import type { Store } from '@login-policy/event-sourcing';
import { hashPassword, newPassword } from '../accounts/passwords.js';
import { digestOf, newToken } from '../accounts/machine-tokens.js';
import type { Role } from '../accounts/roles.js';
import { CannotStart, withoutSecrets, type Config } from '../config.js';
import { factsFile, loadFacts, type DirectoryEntry, type IamFacts, type InstanceFacts } from './iam-facts.js';
import { oneAtATime } from './one-at-a-time.js';
import { createPrivately, writePrivately } from './private-file.js';
import { draftSecrets, settleSecrets, type Secrets } from './quickstart.js';

/** The facts, and the secrets that can only be shown now. */
export interface Beginning {
  readonly facts: IamFacts;
  /** `undefined` unless this start created them. */
  readonly secrets: Secrets | undefined;
}

/**
 * The server's initial data: stored by an earlier start, or created by the first. Killed at any time, it leaves either
 * accounts whose passwords can be read, or none. Of several concurrent starts, one creates the secrets.
 *
 * @param seen the generation of `iam.json` when this start began, if it existed.
 * @throws CannotStart
 */
export async function begin(config: Config, store: Store, seen: string | undefined): Promise<Beginning> {
  const { dataFolder, resetsSecrets } = config;
  const known = await loadFacts(dataFolder);
  if (known === undefined)
    return begun(dataFolder, await withNewSecrets(await firstFacts(config, store)), createPrivately);
  if (!resetsSecrets) return settled(dataFolder, known);
  const renewed = await withNewSecrets(known);
  return oneAtATime(`${factsFile(dataFolder)}.lock`, async () => {
    const current = (await loadFacts(dataFolder)) ?? known;
    // Secrets that a concurrent start has created are new enough, and may have been printed.
    return current.generation === seen ? begun(dataFolder, renewed, writePrivately) : settled(dataFolder, current);
  });
}

async function begun(
  dataFolder: string,
  { facts, secrets }: Secured,
  write: typeof writePrivately,
): Promise<Beginning> {
  await draftSecrets(dataFolder, facts, secrets);
  await write(factsFile(dataFolder), `${JSON.stringify(facts, null, 2)}\n`);
  // Another process may have been first; its data counts.
  const kept = (await loadFacts(dataFolder)) ?? facts;
  await settleSecrets(dataFolder, kept);
  return { facts: kept, secrets: kept.generation === facts.generation ? secrets : undefined };
}

async function settled(dataFolder: string, facts: IamFacts): Promise<Beginning> {
  await settleSecrets(dataFolder, facts);
  return { facts, secrets: undefined };
}

type Unsecured = Pick<IamFacts, 'instances'>;

interface Secured {
  readonly facts: IamFacts;
  readonly secrets: Secrets;
}

/** Some users only have a passkey, so that the preview of a removal is interesting. */
const ACME: DirectoryEntry['users'] = [
  { id: 'ada', factors: ['U2F_WITH_VERIFICATION', 'TOTP'] },
  { id: 'ben', factors: ['U2F_WITH_VERIFICATION'] },
  { id: 'cem', factors: ['TOTP'] },
];
const GLOBEX: DirectoryEntry['users'] = [
  { id: 'dana', factors: ['U2F_WITH_VERIFICATION'] },
  { id: 'eli', factors: ['U2F'] },
];

/** An instance with two organizations, an owner and a viewer; or accounts for the existing instance of a store. */
async function firstFacts({ adoptedInstance, dataFolder, storeUrl }: Config, store: Store): Promise<Unsecured> {
  const found = adoptedInstance === undefined ? await firstOwner(store) : undefined;
  if (found !== undefined) {
    throw new CannotStart(
      `The store ${withoutSecrets(storeUrl)} has policies of the instance ${found.instanceId}, but there is no ${factsFile(dataFolder)} with its accounts. ` +
        `Put that file back, or start once with IAM_ADOPT_INSTANCE=${found.instanceId}, which makes new accounts for it.`,
    );
  }
  const organizations = adoptedInstance === undefined ? [] : await customizedIn(store, adoptedInstance);
  const fresh = [
    { id: newId(), name: 'Acme', users: ACME },
    { id: newId(), name: 'Globex', users: GLOBEX },
  ];
  return {
    instances: [
      {
        id: adoptedInstance ?? newId(),
        name: 'Example IAM',
        organizations: organizations.length === 0 ? fresh : organizations,
        // Readable ids, because the history shows them as actors.
        users: [
          { id: 'owner', name: 'owner', role: 'IAM_OWNER', passwordHash: '' },
          { id: 'viewer', name: 'viewer', role: 'IAM_OWNER_VIEWER', passwordHash: '' },
        ],
        machines: [
          { id: 'owner-machine', role: 'IAM_OWNER', tokenDigest: '' },
          { id: 'viewer-machine', role: 'IAM_OWNER_VIEWER', tokenDigest: '' },
        ],
      },
    ],
  };
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
async function customizedIn(store: Store, instanceId: string): Promise<readonly DirectoryEntry[]> {
  const ids = new Set<string>();
  for await (const page of store.eventStore.readAll({ filter: { categories: [ORGANIZATION_CATEGORY] } })) {
    for (const owner of page.map(({ streamId }) => ownerOfStream(streamId))) {
      if (owner !== undefined && isOrganization(owner) && owner.instanceId === instanceId)
        ids.add(owner.organizationId);
    }
  }
  return [...ids].map((id) => ({ id, name: id }));
}

/**
 * The same facts with new passwords and tokens. In the first instance, the first user and machine of each role get
 * secrets that are shown; others get unknown ones.
 */
async function withNewSecrets({ instances }: Unsecured): Promise<Secured> {
  const [owner, viewer] = [newSecretsFor(instances[0], 'IAM_OWNER'), newSecretsFor(instances[0], 'IAM_OWNER_VIEWER')];
  const passwords = new Map<object | undefined, string>([owner, viewer].map(({ user, password }) => [user, password]));
  const tokens = new Map<object | undefined, string>([owner, viewer].map(({ machine, token }) => [machine, token]));
  const renewed = instances.map(async (one) => ({
    ...one,
    users: await Promise.all(
      one.users.map(async (user) => ({
        ...user,
        passwordHash: await hashPassword(passwords.get(user) ?? newPassword()),
      })),
    ),
    machines: one.machines.map((machine) => ({ ...machine, tokenDigest: digestOf(tokens.get(machine) ?? newToken()) })),
  }));
  return {
    facts: { generation: randomUUID(), instances: await Promise.all(renewed) },
    secrets: {
      tokens: { owner: owner.token, viewer: viewer.token },
      users: { owner: signInOf(owner), viewer: signInOf(viewer) },
    },
  };
}

interface NewSecrets {
  readonly user: InstanceFacts['users'][number] | undefined;
  readonly machine: InstanceFacts['machines'][number] | undefined;
  readonly password: string;
  readonly token: string;
}

function newSecretsFor(instance: InstanceFacts | undefined, role: Role): NewSecrets {
  const has = (one: { readonly role: Role }): boolean => one.role === role;
  return {
    user: instance?.users.find(has),
    machine: instance?.machines.find(has),
    password: newPassword(),
    token: newToken(),
  };
}

function signInOf({ user, password }: NewSecrets): { readonly name: string; readonly password: string } {
  return { name: user?.name ?? 'nobody', password };
}

/** Eighteen digits, as in ZITADEL. */
function newId(): string {
  const digits = Array.from({ length: 17 }, () => randomInt(10)).join('');
  return `${randomInt(1, 10)}${digits}`;
}
