import {
  type Observe,
  type OptionRules,
  parseOptions,
  rule,
  type Store,
  type EventId,
} from '@login-policy/event-sourcing';
import type { IdentityProviderDirectory } from './policy/identity-provider-directory.js';
import type { OrganizationList } from './reads/affected.js';
import type { UpcomingPolicies } from './reads/upcoming-policies.js';
import type { PeopleCounter } from './sign-in/people.js';
import type { Guard } from './commands/decision.js';

/** The options of the login policies: their store, and what else they may use. */
export interface LoginPoliciesOptions {
  readonly store: Store;
  /**
   * Your directory of identity providers: one that it does not know can't be linked, and a link to it is no way in.
   * Default: all exist, and have no names.
   */
  readonly identityProviders?: IdentityProviderDirectory;
  /**
   * `refuse`: a command that would newly lock users out is refused with `would-lock-out`, unless its options
   * `acknowledge` the warning (docs/reference/login-policies.md#guard). `warn`, the default: only its preview warns.
   */
  readonly guard?: Guard;
  /** Lists an instance's organizations, so that a preview can name the affected ones. Default: a preview names none. */
  readonly organizations?: OrganizationList;
  /**
   * Counts the users that a change affects (`openPeople` of `@login-policy/domain/people`): previews tell them, and the
   * guard refuses to lock them out (docs/how-to/who-can-still-get-in.md). Default: a preview says that it is unknown.
   */
  readonly people?: PeopleCounter;
  /**
   * Tells the policies that an organization's users will meet later, such as the approved proposals
   * (docs/how-to/four-eyes.md): `effectivePolicy` and `evaluateSignIn` answer with them.
   */
  readonly upcoming?: UpcomingPolicies;
  /**
   * For followed read models (EventStoreDB): the greatest age, in milliseconds, of the known head when a read is
   * answered. After that the read asks for the head, and rejects with `projection-behind` when the store does not
   * answer: sign-in fails closed while the process is cut off. With 0 each read asks. Default 10,000.
   */
  readonly maxAgeMs?: number;
  /**
   * For followed read models (EventStoreDB): `always`, the default, keeps the rows up to date in the background.
   * `on-demand` does so only when a read needs them, for a program that ends soon.
   */
  readonly follows?: 'always' | 'on-demand';
  /** Default: ULIDs by the machine's clock. */
  readonly ids?: () => EventId;
  /** The number of policy states cached in memory for commands, 0 to 16,000,000. Default 10,000. */
  readonly keptStates?: number;
  /** Observes every call, decision and append, and its duration. */
  readonly observe?: Observe;
}

const OPTIONS: OptionRules<LoginPoliciesOptions> = {
  store: rule.mustBe('an opened store', isStore),
  identityProviders: rule.optional(rule.aFunction),
  guard: rule.optional(rule.oneOf('refuse', 'warn')),
  organizations: rule.optional(rule.withMethods('list')),
  people: rule.optional(rule.withMethods('affectedBy')),
  upcoming: rule.optional(rule.withMethods('of')),
  maxAgeMs: rule.optional(rule.numberBetween(0, Number.MAX_SAFE_INTEGER)),
  ids: rule.optional(rule.aFunction),
  follows: rule.optional(rule.oneOf('always', 'on-demand')),
  // The largest map that JavaScript can hold.
  keptStates: rule.optional(rule.wholeNumber(0, 16_000_000)),
  observe: rule.optional(rule.aFunction),
};

/** Whether the value is a store. A promise of one is refused: its `await` was forgotten. */
export function isStore(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && 'eventStore' in value && 'readModels' in value && 'clock' in value
  );
}

/** Parses the options. @throws RangeError that names an unknown or malformed option. */
export function parsePoliciesOptions(given: LoginPoliciesOptions): LoginPoliciesOptions {
  return parseOptions(given, 'openLoginPolicies', OPTIONS);
}
