import {
  openLoginPolicies,
  type InstanceRef,
  type LoginPolicies,
  type LoginPoliciesOptions,
} from '@login-policy/domain';
import { joinInWords } from '@login-policy/event-sourcing/options';
import type { Store } from '@login-policy/event-sourcing';
import type { OptionSpecs, Run } from '../command-line/command.js';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { listedIn, unlisted } from '../store/organizations-file.js';
import type { Opening } from '../store/open-store.js';
import { STORE_OPTIONS } from '../store/store-url.js';
import { instancesIn, catchUpInMemory, withStore } from '../store/with-store.js';
import { withMembers } from './answers.js';
import { ApiClient } from './api-client.js';
import { API_OPTIONS, apiPlaceOf, type ApiPlace } from './api-place.js';
import { ApiPolicies } from './api-policies.js';
import { StorePolicies } from './store-policies.js';
import type { PolicyRef, Policies } from './policies.js';

/** The options for the instance, and for the list of its organizations. */
const INSTANCE_OPTIONS: OptionSpecs = {
  instance: {
    value: 'ID',
    is: 'The instance. Required if the store has several instances; an API has only one.',
    variable: 'LOGIN_POLICY_INSTANCE',
  },
  organizations: {
    value: 'FILE',
    is: 'A file with the ids of all organizations, one per line. Other ids are refused, and previews count the affected organizations.',
  },
};

/** The options of every command on the policies of one instance, in a store or behind an API. */
export const SESSION_OPTIONS: OptionSpecs = { ...STORE_OPTIONS, ...API_OPTIONS, ...INSTANCE_OPTIONS };

/** The login policies of one instance. */
export interface Session {
  readonly policies: Policies;
  readonly instance: InstanceRef;
  /** Their store or API, without secrets. */
  readonly place: string;
  /** Checks an organization's id. @throws Failure when it is not in the list of organizations. */
  organization(id: string): string;
}

/** The login policies in a store that this process opened. */
export interface StoreSession extends Session {
  readonly store: Store;
  readonly loginPolicies: LoginPolicies;
}

/** The options to open the policies of an instance. */
export type SessionOpening = Opening &
  Pick<LoginPoliciesOptions, 'guard'> & { readonly instanceId?: string | undefined };

/** Runs a function on the policies of an instance, in a store or behind an API. */
export async function withSession<Result>(
  run: Run,
  opening: SessionOpening,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const place = apiPlaceOf(run.given, run.io);
  return place === undefined
    ? withStoreSession(run, opening, work)
    : work(await apiSession(run, place, opening.instanceId));
}

/** Runs a function on the policies of an instance in a store, and closes them. */
export async function withStoreSession<Result>(
  run: Run,
  opening: SessionOpening,
  work: (session: StoreSession) => Promise<Result>,
): Promise<Result> {
  const listed = listedIn(run);
  return withStore(run, opening, async (store, { shown: place }) => {
    const instance = await instanceOf(run, store, opening.instanceId);
    const options = { store, ...(listed && { organizations: { list: () => listed } }) };
    const loginPolicies = await openLoginPolicies({ ...options, ...(opening.guard && { guard: opening.guard }) });
    const policies = new StorePolicies({ store, loginPolicies, instance });
    try {
      await catchUpInMemory(store, loginPolicies, run.io.interrupted);
      return await work({ place, store, loginPolicies, policies, instance, organization: among(listed) });
    } finally {
      await policies.close();
      await loginPolicies.close();
    }
  });
}

/** Opens the policies behind an API, which belong to its instance. @throws Failure when another instance was named. */
export async function apiSession(run: Run, place: ApiPlace, ofFile?: string): Promise<Session> {
  const api = new ApiClient(place, run.io.interrupted);
  const asked = { verb: 'POST', route: '_permissions', body: {} } as const;
  const { instanceId } = await api.json(asked, withMembers<InstanceRef>('instanceId'));
  const named = namedInstance(run, ofFile);
  if (named !== undefined && named !== instanceId) {
    const what = ofFile === named ? 'The file is of' : 'The command names';
    throw new Failure(
      EXIT.refused,
      `${what} instance ${named}, but ${place.url} is of ${instanceId}. Nothing was done.`,
    );
  }
  const organization = among(listedIn(run));
  return { place: place.url, policies: new ApiPolicies(api), instance: { instanceId }, organization };
}

/** The organization of `--org` or of an argument; without one, the default policy. */
export function policyRefOf(session: Session, organizationId: string | undefined): PolicyRef {
  return organizationId === undefined ? undefined : session.organization(organizationId);
}

/** @throws Failure when the file is of another instance than the named one. */
function namedInstance({ given }: Run, ofFile: string | undefined): string | undefined {
  const named = given.knows('instance') ? given.text('instance') : undefined;
  if (named !== undefined && ofFile !== undefined && named !== ofFile)
    throw new Failure(EXIT.refused, `The file is of instance ${ofFile}, not of ${named}.`);
  return named ?? ofFile;
}

/** @throws Failure when the instance is ambiguous. */
async function instanceOf(run: Run, store: Store, ofFile: string | undefined): Promise<InstanceRef> {
  const instanceId = namedInstance(run, ofFile);
  if (instanceId !== undefined) return { instanceId };
  const [one, ...others] = await instancesIn(store);
  if (one === undefined) {
    const advice = 'Name one with --instance ID, or create its policies with login-policy import, copy or apply.';
    throw new Failure(EXIT.refused, `No instance has a policy in this store. ${advice}`);
  }
  if (others.length === 0) return { instanceId: one };
  throw new Failure(EXIT.usage, `Which instance? Give --instance ID: there are ${joinInWords([one, ...others])}.`);
}

function among(listed: readonly string[] | undefined): Session['organization'] {
  return (id) => {
    if (listed === undefined || listed.includes(id)) return id;
    throw new Failure(EXIT.refused, unlisted(id, listed));
  };
}
