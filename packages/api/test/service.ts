import type { PeopleCounter } from '@login-policy/domain/model';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  createApi,
  oneInstance,
  staticTokens,
  type Api,
  type ApiOptions,
  type Authenticate,
  type Caller,
  type PortOptions,
  type OpenPort,
  type Ports,
  type ProposalsPort,
} from '@login-policy/api';
import {
  freshInstance,
  openLoginPolicies,
  type IdentityProviderDirectory,
  type LoginPolicies,
} from '@login-policy/domain';
import { openAuditLog } from '@login-policy/domain/audit';
import { openMemoryStore, type Clock, type Observe, type Store } from '@login-policy/event-sourcing';
import { steppingClock } from '@login-policy/testkit';

export const INSTANCE = '69629023906488334';
export const ACME = '70669147545070419';
export const GLOBEX = '70669147545070420';

/** Everything, everywhere. */
export const ROOT = 'token-of-the-administrator';
/** Everything in one organization, nothing in the instance. */
export const OWNER_OF_ACME = 'token-of-the-owner-of-acme';
/** May look, everywhere. */
export const READER = 'token-of-somebody-who-reads';
/** May search for events, and nothing else. */
export const AUDITOR = 'token-of-somebody-who-audits';
/** Is known, and may do nothing. */
export const NOBODY = 'token-of-somebody-with-nothing';

/** Recognises the same callers, but only after it had to wait for a file, as for a key or a session. */
export const waitingAuthenticate: Authenticate = async (headers) => {
  await readFile(fileURLToPath(import.meta.url));
  return staticTokens(callers)(headers);
};

const ORGANIZATION = ['policy.read', 'policy.write', 'policy.delete'];
const callers: Readonly<Record<string, Caller>> = {
  [ROOT]: {
    id: 'root',
    instanceId: INSTANCE,
    grants: [{ permissions: ['iam.policy.read', 'iam.policy.write', 'events.read', ...ORGANIZATION] }],
  },
  [OWNER_OF_ACME]: {
    id: 'owner-of-acme',
    instanceId: INSTANCE,
    organizationId: ACME,
    grants: [{ permissions: ORGANIZATION, organizationId: ACME }],
  },
  [READER]: { id: 'reader', instanceId: INSTANCE, grants: [{ permissions: ['iam.policy.read', 'policy.read'] }] },
  [AUDITOR]: { id: 'auditor', instanceId: INSTANCE, grants: [{ permissions: ['events.read'] }] },
  [NOBODY]: { id: 'nobody', instanceId: INSTANCE, organizationId: ACME, grants: [] },
};

export interface Service {
  readonly api: Api;
  readonly url: string;
  readonly listening: OpenPort;
  readonly policies: LoginPolicies;
  readonly store: Store;
  readonly failures: unknown[];
  readonly close: () => Promise<void>;
}

export interface ServiceOptions {
  readonly ports?: Partial<Ports>;
  readonly api?: Partial<ApiOptions>;
  readonly listen?: Partial<PortOptions>;
  /** Default: moves on by a second each time it is read. */
  readonly clock?: Clock;
  readonly observe?: Observe;
  readonly guard?: 'refuse' | 'warn';
  readonly people?: PeopleCounter;
  readonly identityProviders?: IdentityProviderDirectory;
  /** With an audit log. Default: without. */
  readonly isAudited?: boolean;
  /** Opens proposals on the store and its policies. Default: without. */
  readonly openProposals?: (opened: Pick<Service, 'policies' | 'store'>) => Promise<ProposalsPort & Closing>;
}

const ORGANIZATIONS = {
  list: () => [ACME, GLOBEX],
  exists: ({ organizationId }: { readonly organizationId: string }) => [ACME, GLOBEX].includes(organizationId),
};

interface Closing {
  close(): Promise<void>;
}

/** A real port over a fresh memory store. */
export async function openService({
  api: changed = {},
  clock = steppingClock('2026-01-01T00:00:00.000Z', 1000),
  guard = 'warn',
  isAudited = false,
  listen = {},
  openProposals,
  ports = {},
  ...given
}: ServiceOptions = {}): Promise<Service> {
  const store = openMemoryStore({ clock });
  const policies = await openLoginPolicies({ store, guard, organizations: ORGANIZATIONS, ...given });
  const auditLog = isAudited ? await openAuditLog({ store }) : undefined;
  await policies.add({ instanceId: INSTANCE }, freshInstance, { actor: 'set-up' });
  const proposals = await openedBy(openProposals, { policies, store });
  const failures: unknown[] = [];
  const api = createApi({
    loginPolicies: policies,
    ...(auditLog && { auditLog }),
    ...proposals,
    ports: {
      authenticate: staticTokens(callers),
      instanceOf: oneInstance(INSTANCE),
      organizations: ORGANIZATIONS,
      ...ports,
    },
    onFailure: (cause) => failures.push(cause),
    ...changed,
  });
  const listening = await api.listen({ port: 0, ...listen });
  const opened = [...(auditLog ? [auditLog] : []), ...Object.values(proposals), policies, store];
  const close = (): Promise<void> => closeAll(listening, opened);
  return { api, url: listening.url, listening, policies, store, failures, close };
}

async function openedBy(
  open: ServiceOptions['openProposals'],
  opened: Pick<Service, 'policies' | 'store'>,
): Promise<{ readonly proposals?: ProposalsPort & Closing }> {
  return open === undefined ? {} : { proposals: await open(opened) };
}

async function closeAll(listening: OpenPort, opened: readonly { close(): Promise<void> }[]): Promise<void> {
  await listening.close({ graceMs: 2000 });
  for (const one of opened) await one.close();
}

/** How many events a store holds, to see what was written. */
export async function countEvents(store: Store): Promise<number> {
  let count = 0;
  for await (const page of store.eventStore.readAll()) count += page.length;
  return count;
}
