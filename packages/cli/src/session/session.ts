import {
  openLoginPolicies,
  type InstanceRef,
  type LoginPolicies,
  type LoginPoliciesOptions,
} from '@login-policy/domain';
import { joinInWords, type Store } from '@login-policy/event-sourcing';
import type { Invocation } from '../command-line/command.js';
import type { OptionSpecs } from '../command-line/option-specs.js';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { listedOrganizations, unlistedMessage } from '../store/organizations-file.js';
import type { OpenOptions } from '../store/open-store.js';
import { STORE_OPTIONS } from '../store/store-url.js';
import { instancesIn, instancesWithDefault, catchUpInMemory, withStore } from '../store/with-store.js';
import { withMembers } from './answers.js';
import { ApiClient } from './api-client.js';
import { API_OPTIONS, apiAddressOf, type ApiAddress } from './api-address.js';
import { ApiPolicies } from './api-policies.js';
import { refuseUnknownInstance } from './known-instance.js';
import { StorePolicies } from './store-policies.js';
import type { Policies } from './policies.js';
import type { PolicyRef } from './policy-ref.js';

/** The options for the instance, and for the list of its organizations. */
const INSTANCE_OPTIONS: OptionSpecs = {
  instance: {
    placeholder: 'ID',
    description: 'The instance. Required if the store has several instances; an API has only one.',
    variable: 'LOGIN_POLICY_INSTANCE',
  },
  organizations: {
    placeholder: 'FILE',
    description:
      'A file with the ids of all organizations, one per line. Other ids are refused, and previews count the affected organizations.',
  },
};

/** The options of every command on the policies of one instance, in a store or behind an API. */
export const SESSION_OPTIONS: OptionSpecs = { ...STORE_OPTIONS, ...API_OPTIONS, ...INSTANCE_OPTIONS };

/** The login policies of one instance. */
export interface Session {
  readonly policies: Policies;
  readonly instance: InstanceRef;
  /** The address of their store or API, without secrets. */
  readonly address: string;
  /** Checks an organization's id. @throws Failure when it is not in the list of organizations. */
  organization(id: string): string;
}

/** The login policies in a store that this process opened. */
export interface StoreSession extends Session {
  readonly store: Store;
  readonly loginPolicies: LoginPolicies;
}

/** The options to open the policies of an instance. */
export type SessionOptions = OpenOptions &
  Pick<LoginPoliciesOptions, 'guard'> & { readonly instanceId?: string | undefined };

/** Runs a function on the policies of an instance, in a store or behind an API. */
export async function withSession<Result>(
  invocation: Invocation,
  opening: SessionOptions,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const address = await apiAddressOf(invocation.args, invocation.io);
  return address === undefined
    ? inStore(invocation, opening, work)
    : work(await apiSession(invocation, address, opening.instanceId));
}

/** Runs a function on the policies of an instance in a store, whose rows are up to date, and closes them. */
export async function withStoreSession<Result>(
  invocation: Invocation,
  opening: SessionOptions,
  work: (session: StoreSession) => Promise<Result>,
): Promise<Result> {
  return inStore(invocation, opening, async (session) => {
    await catchUpInMemory(session.store, session.loginPolicies, invocation.io.interrupted);
    return work(session);
  });
}

async function inStore<Result>(
  invocation: Invocation,
  opening: SessionOptions,
  work: (session: StoreSession) => Promise<Result>,
): Promise<Result> {
  const listed = await listedOrganizations(invocation);
  return withStore(invocation, opening, async (store, address) => {
    const instance = await instanceOf(invocation, store, opening);
    const options = { store, follows: 'on-demand', ...(listed && { organizations: { list: () => listed } }) } as const;
    const loginPolicies = await openLoginPolicies({ ...options, ...(opening.guard && { guard: opening.guard }) });
    const rows = async (): Promise<void> => {
      if (address.kind === 'esdb' && address.rows === undefined) invocation.io.err.write(READS_ALL);
      await catchUpInMemory(store, loginPolicies, invocation.io.interrupted);
    };
    const policies = new StorePolicies({
      store,
      loginPolicies,
      instance,
      rows,
      interrupted: invocation.io.interrupted,
    });
    try {
      return await work({
        address: address.shown,
        store,
        loginPolicies,
        policies,
        instance,
        organization: organizationCheck(listed),
      });
    } finally {
      await policies.close();
      await loginPolicies.close();
    }
  });
}

const READS_ALL = 'This store keeps no rows, so all events are read. With --rows a database keeps them.\n';

/** Opens the policies behind an API, which belong to its instance. @throws Failure when another instance was named. */
export async function apiSession(
  invocation: Invocation,
  address: ApiAddress,
  fileInstanceId?: string,
): Promise<Session> {
  const api = new ApiClient(address, invocation.io.interrupted);
  const request = { verb: 'POST', route: '_permissions', body: {} } as const;
  const { instanceId } = await api.json(request, withMembers<InstanceRef>('instanceId'));
  const named = namedInstance(invocation, fileInstanceId);
  if (named !== undefined && named !== instanceId) {
    const what = fileInstanceId === named ? 'The file is of' : 'The command names';
    throw new Failure(
      EXIT.refused,
      `${what} instance ${named}, but ${address.url} is of ${instanceId}. Nothing was done.`,
    );
  }
  const organization = organizationCheck(await listedOrganizations(invocation));
  return { address: address.url, policies: new ApiPolicies(api), instance: { instanceId }, organization };
}

/** The organization of `--org` or of an argument; without one, the default policy. */
export function policyRefOf(session: Session, organizationId: string | undefined): PolicyRef {
  return organizationId === undefined ? undefined : session.organization(organizationId);
}

/** @throws Failure when the file is of another instance than the named one. */
function namedInstance({ args }: Invocation, fileInstanceId: string | undefined): string | undefined {
  const named = args.hasOption('instance') ? args.value('instance') : undefined;
  if (named !== undefined && fileInstanceId !== undefined && named !== fileInstanceId)
    throw new Failure(EXIT.refused, `The file is of instance ${fileInstanceId}, not of ${named}.`);
  return named ?? fileInstanceId;
}

/** @throws Failure when the instance is ambiguous, and for a read when it is not known. */
async function instanceOf(invocation: Invocation, store: Store, opening: SessionOptions): Promise<InstanceRef> {
  const { instanceId: fileInstanceId, purpose } = opening;
  const instanceId = namedInstance(invocation, fileInstanceId);
  if (instanceId !== undefined && purpose === 'read') {
    const by = { isInOption: invocation.args.value('instance') !== undefined, isInFile: fileInstanceId !== undefined };
    await refuseUnknownInstance(store, { instanceId, ...by, takesFile: 'instanceId' in opening });
  }
  if (instanceId !== undefined) return { instanceId };
  const withDefault = await instancesWithDefault(store);
  const [one, ...others] = withDefault.length > 0 ? withDefault : await instancesIn(store);
  if (one === undefined) {
    const advice = 'Name one with --instance ID, or create its policies with login-policy import, copy or apply.';
    throw new Failure(EXIT.refused, `No instance has a policy in this store. ${advice}`);
  }
  if (others.length === 0) return { instanceId: one };
  throw new Failure(EXIT.usage, `Which instance? Give --instance ID: there are ${joinInWords([one, ...others])}.`);
}

function organizationCheck(listed: readonly string[] | undefined): Session['organization'] {
  return (id) => {
    if (listed === undefined || listed.includes(id)) return id;
    throw new Failure(EXIT.refused, unlistedMessage(id, listed));
  };
}
