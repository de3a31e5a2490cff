import { instancesByHost, staticTokens, type Caller } from '@login-policy/api';
import { freshInstance, openLoginPolicies, orThrow, type LoginPolicies } from '@login-policy/domain';
import { openMemoryStore } from '@login-policy/event-sourcing';
import { lanes } from '../lanes.js';

/** Login policies on a memory store, with a default policy for the instance of each lane. */
export interface OpenPolicies {
  readonly policies: LoginPolicies;
  readonly close: () => Promise<void>;
  /** How many events were recorded since it was opened. */
  readonly written: () => Promise<number>;
}

/** Opens them, the read model kept up inside each append. */
export async function openPolicies(): Promise<OpenPolicies> {
  const store = openMemoryStore();
  const policies = await openLoginPolicies({ store });
  for (const { instanceId } of lanes) orThrow(await policies.add({ instanceId }, freshInstance, { actor: 'bench' }));
  const before = await store.eventStore.head();
  return {
    policies,
    written: async () => Number((await store.eventStore.head()) - before),
    close: async () => {
      await policies.close();
      await store.close();
    },
  };
}

const permissions = ['iam.policy.read', 'iam.policy.write'];

const callers = Object.fromEntries(
  lanes.map(({ instanceId, token }): [string, Caller] => [
    token,
    { id: 'bench', instanceId, grants: [{ permissions }] },
  ]),
);

/** Knows the token of each lane. */
export const authenticate: ReturnType<typeof staticTokens> = staticTokens(callers);

/** Knows the host of each lane. */
export const instanceOf: ReturnType<typeof instancesByHost> = instancesByHost(
  Object.fromEntries(lanes.map(({ host, instanceId }) => [host, instanceId])),
);
