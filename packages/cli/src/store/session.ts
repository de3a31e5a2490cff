import {
  openLoginPolicies,
  type InstanceRef,
  type LoginPolicies,
  type LoginPoliciesOptions,
  type OrganizationRef,
  type OwnerRef,
} from '@login-policy/domain';
import { INSTANCE_CATEGORY, isOrganization, ownerOfStream } from '@login-policy/domain/model';
import { inWords } from '@login-policy/event-sourcing/options';
import type { Store } from '@login-policy/event-sourcing';
import type { OptionSpecs, Run } from '../command-line/command.js';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { leftBehind } from './left-behind.js';
import { listedIn, unlisted } from './organizations-file.js';
import { openStore, type Opening } from './open-store.js';
import { STORE_OPTIONS, storePlaceOf, type StorePlace } from './store-url.js';

/** The options of every command on the policies of one instance. */
export const SESSION_OPTIONS: OptionSpecs = {
  ...STORE_OPTIONS,
  instance: {
    value: 'ID',
    is: 'Whose policies. Left out, the store has to hold those of one instance only.',
    variable: 'LOGIN_POLICY_INSTANCE',
  },
  organizations: {
    value: 'FILE',
    is: 'The ids of all organizations, one a line: an id that is not among them is refused, and a preview counts whom it reaches.',
  },
};

/** The login policies of one instance in a store. */
export interface Session {
  readonly place: StorePlace;
  readonly store: Store;
  readonly loginPolicies: LoginPolicies;
  readonly instance: InstanceRef;
  /** An organization by its id. @throws Failure when it is not among those that there are. */
  organization(id: string): OrganizationRef;
}

/** Works on a store, and closes it. */
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
    throw opening.purpose === 'look' ? leftBehind(caught) : caught;
  } finally {
    await store.close();
  }
}

/** Works on the policies of an instance, and closes them. */
export async function withSession<Result>(
  run: Run,
  opening: Opening & Pick<LoginPoliciesOptions, 'guard'> & { readonly instanceId?: string | undefined },
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const listed = listedIn(run);
  return withStore(run, opening, async (store, place) => {
    const instance = await instanceOf(run, store, opening.instanceId);
    const options = { store, ...(listed && { organizations: { list: () => listed } }) };
    const loginPolicies = await openLoginPolicies({ ...options, ...(opening.guard && { guard: opening.guard }) });
    try {
      const organization = (organizationId: string): OrganizationRef => {
        refuseUnlisted(organizationId, listed);
        return { ...instance, organizationId };
      };
      await madeInMemory(store, loginPolicies, run.io.interrupted);
      return await work({ place, store, loginPolicies, instance, organization });
    } finally {
      await loginPolicies.close();
    }
  });
}

/** Rows in this process's memory are made of all events first, however long that takes; elsewhere they are there. */
export async function madeInMemory(store: Store, { readModel }: LoginPolicies, signal: AbortSignal): Promise<void> {
  if (store.keeps === 'followed') await readModel.catchUp(signal);
}

/** The owner that `--org` or a word names; the instance without one. */
export function ownerIn(session: Session, organizationId: string | undefined): OwnerRef {
  return organizationId === undefined ? session.instance : session.organization(organizationId);
}

/** @throws Failure where it is not clear which, or a file is of another than the one that was named. */
async function instanceOf({ given }: Run, store: Store, ofFile: string | undefined): Promise<InstanceRef> {
  const named = given.text('instance');
  if (named !== undefined && ofFile !== undefined && named !== ofFile)
    throw new Failure(EXIT.refused, `The file is of instance ${ofFile}, and not of ${named}.`);
  const instanceId = named ?? ofFile;
  if (instanceId !== undefined) return { instanceId };
  const [one, ...others] = await instancesIn(store);
  if (one === undefined) {
    const advice = 'Name one with --instance ID, or bring its policies here: login-policy import, copy or apply.';
    throw new Failure(EXIT.refused, `No instance has a policy in this store. ${advice}`);
  }
  if (others.length === 0) return { instanceId: one };
  throw new Failure(EXIT.usage, `Which instance? Give --instance ID: there are ${inWords([one, ...others])}.`);
}

/** The instances that ever had a policy in a store, the oldest first. */
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

function refuseUnlisted(id: string, listed: readonly string[] | undefined): void {
  if (listed === undefined || listed.includes(id)) return;
  throw new Failure(EXIT.refused, unlisted(id, listed));
}
