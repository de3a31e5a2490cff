import { freshInstance, openLoginPolicies, orThrow, type LoginPolicies } from '@login-policy/domain';
import { openPeople, type People } from '@login-policy/domain/people';
import type { UpcomingPolicies } from '@login-policy/domain/model';
import type { Store } from '@login-policy/event-sourcing';
import { census } from './accounts/census.js';
import type { Database } from './accounts/database/database.js';
import { identityProviders } from './accounts/identity-providers.js';
import type { Instances } from './accounts/instances.js';
import type { Steps } from './steps.js';

interface Accounts {
  readonly store: Store;
  readonly instances: Instances;
  readonly database: Database;
  readonly upcoming: UpcomingPolicies;
}

/** Counts the people of the accounts. */
export function peopleIn(database: Database): People {
  return openPeople((instance, options) => census(database, instance, options));
}

/** Opens the login policies of a store, with the organizations, the people and the identity providers of the accounts. */
export function openPolicies({ store, instances, database, upcoming }: Accounts): Promise<LoginPolicies> {
  return openLoginPolicies({
    ...{ store, organizations: instances, people: peopleIn(database), upcoming },
    identityProviders: identityProviders(database),
    guard: 'refuse',
  });
}

interface Beginnings {
  readonly instances: Instances;
  readonly store: Store;
  readonly steps: Steps;
}

/**
 * Adds the default policy of each instance that has none. Nothing is served before the read model has reached the head,
 * because until then the custom policies are unknown.
 */
export async function beginPolicies(policies: LoginPolicies, { instances, store, steps }: Beginnings): Promise<void> {
  const by = { actor: 'setup', reason: 'first start of the server' };
  for (const { id } of instances.all) {
    const added = await policies.add({ instanceId: id }, freshInstance, by);
    if (added.outcome === 'rejected' && added.rejection.reason !== 'policy-already-exists') orThrow(added);
  }
  const waitMs = Math.max(1, Math.floor(steps.leftMs));
  await policies.readModel.ready({ atLeast: await store.eventStore.head(), waitMs });
}
