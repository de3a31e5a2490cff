import {
  freshInstance,
  openLoginPolicies,
  orThrow,
  type LoginPolicies,
  type LoginPoliciesOptions,
  type OwnerRef,
} from '@login-policy/domain';
import { parseOrganization, policyStream } from '@login-policy/domain/model';
import { monotonicIds, type Store } from '@login-policy/event-sourcing';
import { EVENTS_OF_COURSE, INSTANCE_ID, historyOf, organization, stepAt, type Job } from './course.js';
import { longestOf, type SeedAppend } from './histories.js';
import type { StoreKind } from './kinds.js';

const OPTIONS = { actor: 'bench' } as const;

/** Runs work on our login policies, opened as in the README, and closes them. */
export function withPolicies<Result>(
  kind: StoreKind,
  location: string,
  work: (policies: LoginPolicies) => Promise<Result>,
): Promise<Result> {
  return withConfiguredPolicies({ kind, location }, work);
}

/** {@link withPolicies} with additional options. */
export async function withConfiguredPolicies<Result>(
  {
    kind,
    location,
    ...options
  }: { readonly kind: StoreKind; readonly location: string } & Pick<LoginPoliciesOptions, 'organizations'>,
  work: (policies: LoginPolicies) => Promise<Result>,
): Promise<Result> {
  const { store, close } = await kind.openOurs(location);
  try {
    const policies = await openLoginPolicies({ store, ...options });
    try {
      return await work(policies);
    } finally {
      await policies.close();
    }
  } finally {
    await close();
  }
}

/** Runs a command on our login policies. @throws Error when it is refused. */
export async function runCommand(
  policies: LoginPolicies,
  { policy, step }: Job,
  ownerOf: (policy: number) => OwnerRef = organization,
): Promise<void> {
  const answer = await policies.execute(ownerOf(policy), stepAt(step).ours, OPTIONS);
  if (answer.outcome === 'rejected') throw new Error(answer.message);
}

/**
 * @throws Error unless the read model has all commands of a policy's course, because the measurement would be invalid.
 */
export async function checkRow(policies: LoginPolicies, owner: OwnerRef): Promise<void> {
  const { policy } = orThrow(await policies.policy(owner));
  const expected = BigInt(EVENTS_OF_COURSE);
  if (policy.details.sequence !== expected)
    throw new Error(`the row is at ${policy.details.sequence}, not ${expected}`);
}

/** Adds the default policy of the instance. */
export async function addDefault(policies: LoginPolicies): Promise<void> {
  orThrow(await policies.add({ instanceId: INSTANCE_ID }, freshInstance, OPTIONS));
}

const metadata = Object.freeze({ actor: 'bench', correlationId: 'bench' });

/** Writes histories into a store without a read model, 500 appends at a time. */
export async function seedOurs({ eventStore }: Store, appends: readonly SeedAppend[]): Promise<void> {
  const ids = monotonicIds();
  const history = historyOf(longestOf(appends));
  const append = ({ policy, from, to }: SeedAppend): Promise<unknown> => {
    const streamId = policyStream(parseOrganization(organization(policy), 'owner'));
    const events = history.slice(from, to).map((event) => ({ ...event, id: ids(), schemaVersion: 1, metadata }));
    return eventStore.append({ streamId, expected: 'any', events });
  };
  for (let first = 0; first < appends.length; first += 500) {
    await Promise.all(appends.slice(first, first + 500).map(append));
  }
}

/** The same at a path or address, and closes the store. */
export async function seedAndClose(kind: StoreKind, location: string, appends: readonly SeedAppend[]): Promise<void> {
  const { store, close } = await kind.openOurs(location);
  await seedOurs(store, appends);
  await close();
}

/** How long a read model may take to catch up. */
export const CATCH_UP_WAIT = { waitMs: 600_000 } as const;

/** {@link seedAndClose}, with the read model caught up. */
export async function seedReady(kind: StoreKind, location: string, appends: readonly SeedAppend[]): Promise<void> {
  await seedAndClose(kind, location, appends);
  await withPolicies(kind, location, ({ readModel }) => readModel.ready(CATCH_UP_WAIT));
}
