import type { AddressInfo, Server } from 'node:net';
import { createApi, instancesByHost, staticTokens, type Caller } from '@login-policy/api';
import { freshInstance, openLoginPolicies, orThrow, type LoginPolicies } from '@login-policy/domain';
import { openMemoryStore } from '@login-policy/event-sourcing';
import { ordinalOf } from '@login-policy/event-sourcing/store';
import { tenants } from './requests.js';

/** Login policies on a memory store, with a default policy for the instance of each tenant. */
export interface OpenPolicies {
  readonly policies: LoginPolicies;
  /** The number of events recorded since they were opened. */
  readonly written: () => Promise<number>;
  readonly close: () => Promise<void>;
}

/** A port under measurement. */
export interface OpenServer extends Omit<OpenPolicies, 'policies'> {
  readonly port: number;
}

/** Opens the policies as the README does. */
export async function openPolicies(): Promise<OpenPolicies> {
  const store = openMemoryStore();
  const policies = await openLoginPolicies({ store });
  for (const { instanceId } of tenants) orThrow(await policies.add({ instanceId }, freshInstance, { actor: 'bench' }));
  const before = ordinalOf(await store.eventStore.head());
  return {
    policies,
    written: async () => Number(ordinalOf(await store.eventStore.head()) - before),
    close: async () => {
      await policies.close();
      await store.close();
    },
  };
}

/** Listens on any local port with a server that uses these policies. */
export function listening(server: Server, { written, close }: OpenPolicies): Promise<OpenServer> {
  const closeAll = (): Promise<void> => new Promise<void>((resolve) => server.close(() => resolve())).then(close);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address: AddressInfo | string | null = server.address();
      if (typeof address === 'object' && address !== null) resolve({ port: address.port, written, close: closeAll });
    });
  });
}

const permissions = ['iam.policy.read', 'iam.policy.write'];

const callers = tenants.map(({ instanceId, token }): [string, Caller] => [
  token,
  { id: 'bench', instanceId, grants: [{ permissions }] },
]);

/** The token of each tenant. */
export const authenticate: ReturnType<typeof staticTokens> = staticTokens(Object.fromEntries(callers));

/** The host of each tenant. */
export const instanceOf: ReturnType<typeof instancesByHost> = instancesByHost(
  Object.fromEntries(tenants.map(({ host, instanceId }) => [host, instanceId])),
);

/** The API with the usual options: static tokens, instances by host, its own port. */
export async function openOurs(): Promise<OpenServer> {
  const { policies: loginPolicies, written, close } = await openPolicies();
  const ports = { authenticate, instanceOf, organizations: { exists: () => false } };
  const api = await createApi({ loginPolicies, ports }).listen({ port: 0 });
  return { port: api.port, written, close: () => api.close({ graceMs: 1000 }).then(close) };
}
