import {
  defaultSettings,
  MULTI_FACTORS,
  SECOND_FACTORS,
  type CommandInput,
  type IdentityProvider,
  type LoginSettingsChange,
} from '@login-policy/domain';
import {
  ABSENT,
  LIFETIME_NAMES,
  parseIdentityProviderId,
  SETTING_NAMES,
  type LifetimeName,
  type Lifetimes,
  type LoginPolicy,
  type LoginPolicyEvent,
  type LoginSettings,
} from '@login-policy/domain/model';
import fc from 'fast-check';
import { Duration } from 'luxon';

const LONGEST_MS = 36_500 * 86_400_000;

/** A lifetime in the one text the library keeps it in. */
const aLifetime: fc.Arbitrary<string> = fc
  .oneof(
    fc.integer({ min: 0, max: LONGEST_MS }),
    fc.integer({ min: 0, max: 100 }).map((hours) => hours * 3_600_000),
  )
  .map((milliseconds) => {
    const parts = Duration.fromMillis(milliseconds).shiftTo('hours', 'minutes', 'seconds', 'milliseconds');
    return milliseconds === 0 ? 'PT0S' : String(parts.removeZeros().toISO());
  });

const lifetimeMembers: Record<LifetimeName, fc.Arbitrary<string>> = {
  passwordCheck: aLifetime,
  externalLoginCheck: aLifetime,
  mfaInitSkip: aLifetime,
  secondFactorCheck: aLifetime,
  multiFactorCheck: aLifetime,
};

const someLifetimes: fc.Arbitrary<Partial<Lifetimes>> = fc.record(lifetimeMembers, { requiredKeys: [] });

const settingMembers = {
  allowUsernamePassword: fc.boolean(),
  allowRegister: fc.boolean(),
  allowExternalIdp: fc.boolean(),
  forceMfa: fc.boolean(),
  forceMfaLocalOnly: fc.boolean(),
  passwordlessType: fc.constantFrom('NOT_ALLOWED' as const, 'ALLOWED' as const),
  hidePasswordReset: fc.boolean(),
  ignoreUnknownUsernames: fc.boolean(),
  allowDomainDiscovery: fc.boolean(),
  disableLoginWithEmail: fc.boolean(),
  disableLoginWithPhone: fc.boolean(),
  defaultRedirectUri: fc.constantFrom('', 'https://example.com/welcome', 'app:/home', 'https://ex.org/ü?q=%20'),
};

/** All settings, lifetimes too. */
export const someSettings: fc.Arbitrary<LoginSettings> = fc.record({
  ...settingMembers,
  lifetimes: fc.record(lifetimeMembers),
});

/** A change of some settings, perhaps none; a `lifetimes` that names none is left out, as the library does. */
export const aSettingsChange: fc.Arbitrary<LoginSettingsChange> = fc
  .record({ ...settingMembers, lifetimes: someLifetimes }, { requiredKeys: [] })
  .map(({ lifetimes, ...others }) =>
    lifetimes === undefined || Object.keys(lifetimes).length === 0 ? others : { ...others, lifetimes },
  );

/** An identity provider with whatever id is allowed. */
export const anIdentityProvider: fc.Arbitrary<IdentityProvider> = fc.record({
  id: fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    .map((text) => text.trim())
    .filter((text) => !/\p{Cc}/u.test(text) && /[^\s\p{Default_Ignorable_Code_Point}\u2800]/u.test(text))
    .map((text) => parseIdentityProviderId(text, 'id')),
  ownerType: fc.constantFrom('SYSTEM' as const, 'ORG' as const),
});

const aSecondFactor = fc.constantFrom(...SECOND_FACTORS);
const aMultiFactor = fc.constantFrom(...MULTI_FACTORS);

const eventOf: { readonly [Event in LoginPolicyEvent as Event['type']]: fc.Arbitrary<Event> } = {
  LoginPolicyAdded: someSettings.map((settings) => ({ type: 'LoginPolicyAdded', data: { settings } })),
  LoginPolicyChanged: aSettingsChange.map((settings) => ({ type: 'LoginPolicyChanged', data: { settings } })),
  LoginPolicyRemoved: fc.constant({ type: 'LoginPolicyRemoved', data: {} }),
  SecondFactorAdded: aSecondFactor.map((factor) => ({ type: 'SecondFactorAdded', data: { factor } })),
  SecondFactorRemoved: aSecondFactor.map((factor) => ({ type: 'SecondFactorRemoved', data: { factor } })),
  MultiFactorAdded: aMultiFactor.map((factor) => ({ type: 'MultiFactorAdded', data: { factor } })),
  MultiFactorRemoved: aMultiFactor.map((factor) => ({ type: 'MultiFactorRemoved', data: { factor } })),
  IdentityProviderAdded: anIdentityProvider.map((identityProvider) => ({
    type: 'IdentityProviderAdded',
    data: { identityProvider },
  })),
  IdentityProviderRemoved: anIdentityProvider.map(({ id }) => ({ type: 'IdentityProviderRemoved', data: { id } })),
};

/** Any event of a login policy. */
export const anEvent: fc.Arbitrary<LoginPolicyEvent> = fc.oneof(...Object.values(eventOf));

/** Whether two events say the same: by their type and their data. */
export function sameEvent(left: LoginPolicyEvent, right: LoginPolicyEvent): boolean {
  return left.type === right.type && same(left.data, right.data);
}

function same(left: unknown, right: unknown): boolean {
  if (typeof left !== 'object' || left === null || typeof right !== 'object' || right === null) return left === right;
  const [one, other] = [Object.entries(left), new Map(Object.entries(right))];
  return one.length === other.size && one.every(([key, value]) => other.has(key) && same(value, other.get(key)));
}

/** The names the arbitraries have to cover, so that a new setting can't be left out of the laws. */
export const covered = {
  settings: SETTING_NAMES.every((name) => name in settingMembers && name in defaultSettings),
  lifetimes: LIFETIME_NAMES.every((name) => name in lifetimeMembers),
};

const lists = {
  secondFactors: fc.uniqueArray(fc.constantFrom(...SECOND_FACTORS)),
  multiFactors: fc.uniqueArray(fc.constantFrom(...MULTI_FACTORS)),
  identityProviders: fc.uniqueArray(anIdentityProvider, { selector: ({ id }) => id, maxLength: 3 }),
};

/** Any policy, or none. */
export const policies: fc.Arbitrary<LoginPolicy> = fc.oneof(
  { weight: 1, arbitrary: fc.constant(ABSENT) },
  { weight: 6, arbitrary: fc.record({ stage: fc.constant('active' as const), settings: someSettings, ...lists }) },
);

const commandOf: { readonly [Type in CommandInput['type']]: fc.Arbitrary<CommandInput & { readonly type: Type }> } = {
  add: fc.record({ type: fc.constant('add'), policy: fc.record({ settings: someSettings, ...lists }) }),
  set: fc.record({
    type: fc.constant('set'),
    policy: fc.record({ settings: aSettingsChange, ...lists }, { requiredKeys: [] }),
  }),
  change: fc.record({ type: fc.constant('change'), settings: aSettingsChange }),
  customize: fc.constant({ type: 'customize' }),
  remove: fc.constant({ type: 'remove' }),
  addSecondFactor: fc.record({ type: fc.constant('addSecondFactor'), factor: aSecondFactor }),
  removeSecondFactor: fc.record({ type: fc.constant('removeSecondFactor'), factor: aSecondFactor }),
  addMultiFactor: fc.record({ type: fc.constant('addMultiFactor'), factor: aMultiFactor }),
  removeMultiFactor: fc.record({ type: fc.constant('removeMultiFactor'), factor: aMultiFactor }),
  addIdentityProvider: fc.record({ type: fc.constant('addIdentityProvider'), identityProvider: anIdentityProvider }),
  removeIdentityProvider: fc.record({ type: fc.constant('removeIdentityProvider'), id: fc.constantFrom('a', 'b') }),
  revert: fc.record({ type: fc.constant('revert'), to: fc.record({ sequence: fc.bigInt({ min: 0n, max: 12n }) }) }),
};

/** Any command, also such as are refused. */
export const commandInputs: fc.Arbitrary<CommandInput> = fc.oneof(...Object.values(commandOf));

/** The names of all commands. */
export const COMMAND_NAMES: readonly string[] = Object.keys(commandOf);
