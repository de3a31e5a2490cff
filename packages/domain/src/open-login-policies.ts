import { Follower, type IdSource, type Observe, type Store } from '@login-policy/event-sourcing';
import { InvalidValue, parseObject, parseOneOf } from './input/invalid-value.js';
import { LoginPolicies } from './login-policies.js';
import { loginPolicyProjection } from './login-policy-projection.js';
import type { IdentityProviderDirectory } from './policy/identity-provider.js';
import type { OrganizationList } from './reads/affected.js';

/** What the login policies are kept in, and what else they may ask. */
export interface LoginPoliciesOptions {
  readonly store: Store;
  /** Asked whether an identity provider exists before it is linked. Default: none is looked up. */
  readonly identityProviders?: IdentityProviderDirectory;
  /** Names an instance's organizations, for a preview to say which are affected. Default: a preview says of none. */
  readonly organizations?: OrganizationList;
  /**
   * Where read models are followed (EventStoreDB): how old, in milliseconds, what is known of the end of the store may be when a
   * read is answered. Older, the read asks for it, and rejects with `projection-behind` when it can't be had: sign-in fails
   * closed when the process is cut off. With 0 or less each read asks. Default 10,000.
   */
  readonly maxAgeMs?: number;
  /** Default: ULIDs of the machine's clock. */
  readonly ids?: IdSource;
  /** How many policies are kept in memory to decide by. A whole number from 0 on, default 10,000. */
  readonly keptStates?: number;
  /**
   * `not-yet`: a command that needs an event which the release before can't read is refused (`shape-not-yet-allowed`). For as long as
   * processes of that release run (docs/how-to/upgrade-and-go-back.md). Default `allowed`.
   */
  readonly newShapes?: 'allowed' | 'not-yet';
  /** Is told of every call, decision and append, with how long it took. */
  readonly observe?: Observe;
}

const OPEN_OPTIONS: readonly (keyof LoginPoliciesOptions)[] = [
  'store',
  'identityProviders',
  'organizations',
  'maxAgeMs',
  'ids',
  'keptStates',
  'newShapes',
  'observe',
];

const parseNewShapes = parseOneOf(['allowed', 'not-yet']);

/** What each option has to be, where it is given. */
const FORMS: Readonly<Record<string, readonly [expected: string, isOf: (value: unknown) => boolean]>> = {
  identityProviders: ['a directory, which has exists', (value) => hasMethod(value, 'exists')],
  organizations: ['a list of organizations, which has list', (value) => hasMethod(value, 'list')],
  maxAgeMs: ['a number of milliseconds', (value) => Number.isFinite(value)],
  keptStates: ['a whole number from 0 on', (value) => Number.isSafeInteger(value) && Number(value) >= 0],
  ids: ['a function', (value) => typeof value === 'function'],
  observe: ['a function', (value) => typeof value === 'function'],
};

function hasMethod(value: unknown, name: string): boolean {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, name) === 'function';
}

function parseOpenOptions(options: unknown): void {
  const given = parseObject(options, 'options', OPEN_OPTIONS);
  const { newShapes, store } = given;
  const isStore = typeof store === 'object' && store !== null && 'eventStore' in store && 'readModels' in store;
  if (!isStore) throw new InvalidValue('options.store', 'an opened store', store);
  if (newShapes !== undefined) parseNewShapes(newShapes, 'options.newShapes');
  for (const [name, [expected, isOf]] of Object.entries(FORMS)) {
    const value = given[name];
    if (value !== undefined && !isOf(value)) throw new InvalidValue(`options.${name}`, expected, value);
  }
}

/**
 * Opens the login policies kept in a store. Close them before the store.
 *
 * @throws Fault as the store does.
 * @throws InvalidValue for options that are not of their form.
 */
export async function openLoginPolicies(options: LoginPoliciesOptions): Promise<LoginPolicies> {
  parseOpenOptions(options);
  const { store, maxAgeMs } = options;
  const readModel = await Follower.open({
    store,
    projection: loginPolicyProjection,
    maxAgeMs,
  });
  return new LoginPolicies(options, readModel);
}
