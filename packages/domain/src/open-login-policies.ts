import type { IdSource, Observe, Store } from '@login-policy/event-sourcing';
import {
  aFunction,
  mustBe,
  numberBetween,
  oneOf,
  optional,
  parseOptions,
  wholeNumber,
  withMethods,
  type OptionRules,
} from '@login-policy/event-sourcing/options';
import type { Guard } from './commands/guard.js';
import { LoginPolicies } from './login-policies.js';
import type { IdentityProviderDirectory } from './policy/identity-provider.js';
import type { OrganizationList } from './reads/affected.js';
import type { CountUsers } from './reads/count-users.js';

/** What the login policies are kept in, and what else they may ask. */
export interface LoginPoliciesOptions {
  readonly store: Store;
  /** Asked whether an identity provider exists before it is linked. Default: none is looked up. */
  readonly identityProviders?: IdentityProviderDirectory;
  /**
   * `refuse`: a command that would lock people out who are not locked out now is refused with `would-lock-out`, unless its options
   * `acknowledge` the warning (docs/reference/login-policies.md#guard). `warn`, the default: only its preview warns.
   */
  readonly guard?: Guard;
  /** Names an instance's organizations, for a preview to say which are affected. Default: a preview says of none. */
  readonly organizations?: OrganizationList;
  /** Counts users by the factors they have set up, for a preview to say how many it hits. Default: it says `unknown`. */
  readonly countUsers?: CountUsers;
  /**
   * Where read models are followed (EventStoreDB): how old, in milliseconds, what is known of the end of the store may be when a
   * read is answered. Older, the read asks for it, and rejects with `projection-behind` when it can't be had: sign-in fails
   * closed when the process is cut off. With 0 each read asks. Default 10,000.
   */
  readonly maxAgeMs?: number;
  /** Default: ULIDs of the machine's clock. */
  readonly ids?: IdSource;
  /** How many policies are kept in memory to decide by. 0 to 16,000,000, default 10,000. */
  readonly keptStates?: number;
  /**
   * `not-yet`: a command that needs an event which the release before can't read is refused (`shape-not-yet-allowed`). For as long as
   * processes of that release run (docs/how-to/upgrade-and-go-back.md). Default `allowed`.
   */
  readonly newShapes?: 'allowed' | 'not-yet';
  /** Is told of every call, decision and append, with how long it took. */
  readonly observe?: Observe;
}

const OPTIONS: OptionRules<LoginPoliciesOptions> = {
  store: mustBe('an opened store', isStore),
  identityProviders: optional(withMethods('exists')),
  guard: optional(oneOf('refuse', 'warn')),
  organizations: optional(withMethods('list')),
  countUsers: optional(aFunction),
  maxAgeMs: optional(numberBetween(0, Number.MAX_SAFE_INTEGER)),
  ids: optional(aFunction),
  // A map of JavaScript holds no more.
  keptStates: optional(wholeNumber(0, 16_000_000)),
  newShapes: optional(oneOf('allowed', 'not-yet')),
  observe: optional(aFunction),
};

/** Whether it is a store: a promise of one is what somebody has who forgot to await it. */
export function isStore(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && 'eventStore' in value && 'readModels' in value && 'clock' in value
  );
}

/**
 * Opens the login policies kept in a store. Close them before the store.
 *
 * @throws Fault as the store does.
 * @throws RangeError naming an option that is unknown or malformed.
 */
export async function openLoginPolicies(given: LoginPoliciesOptions): Promise<LoginPolicies> {
  return LoginPolicies.open(parseOptions(given, 'openLoginPolicies', OPTIONS));
}
