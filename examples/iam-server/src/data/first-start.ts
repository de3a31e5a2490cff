import { randomInt } from 'node:crypto';
import { freshInstance, orThrow, type LoginPolicies } from '@login-policy/domain';
import { hashPassword, newPassword } from '../accounts/accounts.js';
import { digestOf, newToken } from '../accounts/machine-tokens.js';
import type { Role } from '../accounts/roles.js';
import type { Config } from '../config.js';
import { factsFile, loadFacts, parseFacts, type IamFacts, type Machine, type User } from './iam-facts.js';
import { createPrivately, writePrivately } from './private-file.js';
import { loadSecrets, type Secrets } from './quickstart.js';

/** Facts, and what of them can be shown only now. */
export interface Beginning {
  readonly facts: IamFacts;
  /** `undefined` when they are not to be had any more. */
  readonly secrets: Secrets | undefined;
}

/** What the server begins with: what an earlier start kept, or what the first one makes up. @throws CannotStart */
export async function begin({ dataFolder, resetsSecrets }: Config): Promise<Beginning> {
  const known = await loadFacts(dataFolder);
  if (known === undefined) return firstStart(dataFolder);
  if (resetsSecrets) return resetSecrets(dataFolder, known);
  return { facts: known, secrets: await loadSecrets(dataFolder, known) };
}

/** Makes up an instance with two organizations, an owner and a viewer, and keeps it. */
async function firstStart(dataFolder: string): Promise<Beginning> {
  const organizations = [
    { id: newId(), name: 'Acme' },
    { id: newId(), name: 'Globex' },
  ];
  const { facts, secrets } = await withNewSecrets({
    instance: { id: newId(), name: 'Example IAM' },
    organizations,
    // Ids that can be read: they stand in the history as who did it.
    users: [
      { id: 'owner', name: 'owner', role: 'IAM_OWNER', passwordHash: '' },
      { id: 'viewer', name: 'viewer', role: 'IAM_OWNER_VIEWER', passwordHash: '' },
    ],
    machines: [
      { id: 'owner-machine', role: 'IAM_OWNER', tokenDigest: '' },
      { id: 'viewer-machine', role: 'IAM_OWNER_VIEWER', tokenDigest: '' },
    ],
  });
  const text = textOf(facts);
  const kept = await createPrivately(factsFile(dataFolder), text);
  return kept === text ? { facts, secrets } : { facts: parseFacts(kept, factsFile(dataFolder)), secrets: undefined };
}

/** Keeps the same facts with all passwords and tokens made anew. */
async function resetSecrets(dataFolder: string, known: IamFacts): Promise<Beginning> {
  const renewed = await withNewSecrets(known);
  await writePrivately(factsFile(dataFolder), textOf(renewed.facts));
  return renewed;
}

/** Brings the default policy of a fresh instance into force, if the instance has none. */
export async function ensureDefaultPolicy(policies: LoginPolicies, instanceId: string): Promise<void> {
  const by = { actor: 'setup', reason: 'first start of the server' };
  const added = await policies.add({ instanceId }, freshInstance, by);
  if (added.outcome === 'rejected' && added.rejection.reason !== 'policy-already-exists') orThrow(added);
}

/** The first user and the first machine of each role get secrets to be shown; others of the role, some that nobody knows. */
async function withNewSecrets(facts: IamFacts): Promise<{ readonly facts: IamFacts; readonly secrets: Secrets }> {
  const [owner, viewer] = [newSecretsFor(facts, 'IAM_OWNER'), newSecretsFor(facts, 'IAM_OWNER_VIEWER')];
  const passwords = new Map([owner, viewer].map(({ user, password }) => [user, password]));
  const tokens = new Map([owner, viewer].map(({ machine, token }) => [machine, token]));
  return {
    facts: {
      ...facts,
      users: await Promise.all(
        facts.users.map(async (user) => ({
          ...user,
          passwordHash: await hashPassword(passwords.get(user) ?? newPassword()),
        })),
      ),
      machines: facts.machines.map((machine) => ({
        ...machine,
        tokenDigest: digestOf(tokens.get(machine) ?? newToken()),
      })),
    },
    secrets: {
      tokens: { owner: owner.token, viewer: viewer.token },
      users: { owner: signInOf(owner), viewer: signInOf(viewer) },
    },
  };
}

interface NewSecrets {
  readonly user: User | undefined;
  readonly machine: Machine | undefined;
  readonly password: string;
  readonly token: string;
}

function newSecretsFor({ users, machines }: IamFacts, role: Role): NewSecrets {
  const has = (one: { readonly role: Role }): boolean => one.role === role;
  return { user: users.find(has), machine: machines.find(has), password: newPassword(), token: newToken() };
}

function signInOf({ user, password }: NewSecrets): { readonly name: string; readonly password: string } {
  return { name: user?.name ?? 'nobody', password };
}

/** Eighteen digits, like ZITADEL's own ids. */
function newId(): string {
  const digits = Array.from({ length: 17 }, () => randomInt(10)).join('');
  return `${randomInt(1, 10)}${digits}`;
}

function textOf(facts: IamFacts): string {
  return `${JSON.stringify(facts, null, 2)}\n`;
}
