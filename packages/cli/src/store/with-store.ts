import type { LoginPolicies } from '@login-policy/domain';
import { INSTANCE_CATEGORY, isOrganization, ownerOfStream } from '@login-policy/domain/model';
import type { Store } from '@login-policy/event-sourcing';
import type { Run } from '../command-line/command.js';
import { laggingReadModel } from './lagging-read-model.js';
import { openStore, type Opening } from './open-store.js';
import { storePlaceOf, type StorePlace } from './store-url.js';

/** Runs a function on a store, and closes it. */
export async function withStore<Result>(
  { given, io }: Run,
  opening: Opening,
  work: (store: Store, place: StorePlace) => Promise<Result>,
): Promise<Result> {
  const place = storePlaceOf(given, io);
  const store = await openStore(place, opening);
  try {
    return await work(store, place);
  } catch (caught) {
    throw opening.purpose === 'look' ? laggingReadModel(caught) : caught;
  } finally {
    await store.close();
  }
}

/**
 * Waits until rows in this process's memory are built from all events, without a time limit. Other stores already have
 * them.
 */
export async function madeInMemory(store: Store, { readModel }: LoginPolicies, signal: AbortSignal): Promise<void> {
  if (store.keeps === 'followed') await readModel.catchUp(signal);
}

/** The instances that ever had a policy in a store, oldest first. */
export async function instancesIn({ eventStore }: Store): Promise<readonly string[]> {
  const found = new Set<string>();
  for await (const page of eventStore.readAll({ filter: { categories: [INSTANCE_CATEGORY] } })) {
    for (const { streamId } of page) {
      const owner = ownerOfStream(streamId);
      if (owner !== undefined && !isOrganization(owner)) found.add(owner.instanceId);
    }
  }
  return [...found];
}
