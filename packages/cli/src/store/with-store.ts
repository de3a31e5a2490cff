import type { LoginPolicies } from '@login-policy/domain';
import { INSTANCE_CATEGORY, ORGANIZATION_CATEGORY, ownerOfStream } from '@login-policy/domain/model';
import type { Store } from '@login-policy/event-sourcing';
import type { Invocation } from '../command-line/command.js';
import { withRebuildAdvice } from './rebuild-advice.js';
import { openStore, type OpenedStore, type OpenOptions } from './open-store.js';
import { storeAddressOf, type StoreAddress } from './store-url.js';

/** Runs a function on a store, and closes it. */
export async function withStore<Result>(
  { args, io }: Invocation,
  opening: OpenOptions,
  work: (store: OpenedStore, address: StoreAddress) => Promise<Result>,
): Promise<Result> {
  const address = await storeAddressOf(args, io);
  const store = await openStore(address, opening);
  try {
    return await work(store, address);
  } catch (caught) {
    throw opening.purpose === 'read' ? withRebuildAdvice(caught) : caught;
  } finally {
    await store.close();
  }
}

/**
 * Catches up a read model that a store keeps in this process's memory, without a time limit. Stored read models are not
 * touched.
 */
export async function catchUpInMemory(store: Store, { readModel }: LoginPolicies, signal: AbortSignal): Promise<void> {
  if (store.readModelUpdates === 'followed') await readModel.catchUp(signal);
}

/** The instances that ever had a policy in a store, oldest first. This reads the events of every policy. */
export function instancesIn(store: Store): Promise<readonly string[]> {
  return instancesOf(store, [INSTANCE_CATEGORY, ORGANIZATION_CATEGORY]);
}

/** The instances that ever had a default policy, which are far fewer events. */
export function instancesWithDefault(store: Store): Promise<readonly string[]> {
  return instancesOf(store, [INSTANCE_CATEGORY]);
}

async function instancesOf({ eventStore }: Store, categories: readonly string[]): Promise<readonly string[]> {
  const found = new Set<string>();
  for await (const page of eventStore.readAll({ filter: { categories } })) {
    for (const { streamId } of page) {
      const owner = ownerOfStream(streamId);
      if (owner !== undefined) found.add(owner.instanceId);
    }
  }
  return [...found];
}
