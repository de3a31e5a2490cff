import { hash } from 'node:crypto';
import { freshInstance, openLoginPolicies, orThrow } from '@login-policy/domain';
import { openStore } from '../open-store.js';

/** One of the two instances that a server serves. */
export interface Instance {
  readonly id: 'ours' | 'theirs';
  readonly host: string;
  readonly organizations: readonly string[];
  /** A text in its stored data and in no request: in an answer to anybody else it is a leak. */
  readonly secret: string;
}

export const OURS: Instance = { id: 'ours', host: 'ours.test', organizations: ['acme'], secret: 'kept-by-us' };
export const THEIRS: Instance = {
  id: 'theirs',
  host: 'theirs.test',
  organizations: ['globex'],
  secret: 'kept-by-them',
};
export const INSTANCES: readonly Instance[] = [OURS, THEIRS];

/** A machine with a fixed token. Its id is the actor of its changes. */
export interface Machine {
  readonly id: string;
  readonly instance: Instance;
  readonly token: string;
  readonly mayWrite: boolean;
}

export const ROOT: Machine = { id: 'root', instance: OURS, token: 'token-of-our-administrator', mayWrite: true };
export const READER: Machine = { id: 'reader', instance: OURS, token: 'token-of-our-reader', mayWrite: false };
export const NEIGHBOUR: Machine = {
  ...{ id: 'neighbour', instance: THEIRS, token: 'token-of-their-administrator', mayWrite: true },
};
export const MACHINES: readonly Machine[] = [ROOT, READER, NEIGHBOUR];

/** A user who signs in to the example's server, and whose browser is led by another site's page. */
export const MISLED_USER = {
  id: 'owner',
  name: 'owner',
  password: 'correct horse battery staple',
  /** Argon2id with a low cost, because it is not a secret. */
  passwordHash: '$argon2id$v=19$m=4096,t=2,p=1$LLkdcKiculmWNLnqOVnajw$ZLzp4kRcCECnT7/qz5PpUlQe7G9g7Rrut7LdlKwxw/s',
} as const;

/** The subject of forged tokens: an event with this actor means that a forgery was accepted. */
export const FORGER = 'forger';

/** The only allowed actors of changes to an instance's policies. */
export const WRITERS: Readonly<Record<string, readonly string[]>> = {
  ours: ['set-up', ROOT.id, 'root-by-signature'],
  theirs: ['set-up', NEIGHBOUR.id],
};

export function digestOf(token: string): string {
  return hash('sha256', token, 'base64url');
}

/** Gives each instance a default policy, and each organization a custom one that contains its secret. */
export async function fill(storeUrl: string): Promise<void> {
  const store = await openStore(storeUrl);
  const policies = await openLoginPolicies({ store });
  for (const { id: instanceId, organizations, secret } of INSTANCES) {
    const identityProviders = [{ id: secret, ownerType: 'SYSTEM' as const }];
    const settings = { ...freshInstance.settings, defaultRedirectUri: `https://${secret}.example/` };
    const policy = { ...freshInstance, settings, identityProviders };
    const owners = [{ instanceId }, ...organizations.map((organizationId) => ({ instanceId, organizationId }))];
    for (const owner of owners) orThrow(await policies.add(owner, policy, { actor: 'set-up', reason: secret }));
  }
  await policies.close();
  await store.close();
}
