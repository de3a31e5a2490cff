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

/** Any event of a login policy. */
export const anEvent: fc.Arbitrary<LoginPolicyEvent> = fc.oneof(
  someSettings.map((settings): LoginPolicyEvent => ({ type: 'LoginPolicyAdded', data: { settings } })),
  aSettingsChange.map((settings): LoginPolicyEvent => ({ type: 'LoginPolicyChanged', data: { settings } })),
  fc.constant<LoginPolicyEvent>({ type: 'LoginPolicyRemoved', data: {} }),
  fc
    .constantFrom(...SECOND_FACTORS)
    .map((factor): LoginPolicyEvent => ({ type: 'SecondFactorAdded', data: { factor } })),
  fc
    .constantFrom(...SECOND_FACTORS)
    .map((factor): LoginPolicyEvent => ({ type: 'SecondFactorRemoved', data: { factor } })),
  fc.constantFrom(...MULTI_FACTORS).map((factor): LoginPolicyEvent => ({ type: 'MultiFactorAdded', data: { factor } })),
  fc
    .constantFrom(...MULTI_FACTORS)
    .map((factor): LoginPolicyEvent => ({ type: 'MultiFactorRemoved', data: { factor } })),
  anIdentityProvider.map((identityProvider): LoginPolicyEvent => ({
    type: 'IdentityProviderAdded',
    data: { identityProvider },
  })),
  anIdentityProvider.map(({ id }): LoginPolicyEvent => ({ type: 'IdentityProviderRemoved', data: { id } })),
);

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

/** Any command, also such as are refused. */
export const commandInputs: fc.Arbitrary<CommandInput> = fc.oneof(
  fc.record({ type: fc.constant('add' as const), policy: fc.record({ settings: someSettings, ...lists }) }),
  fc.record({
    type: fc.constant('set' as const),
    policy: fc.record({ settings: aSettingsChange, ...lists }, { requiredKeys: [] }),
  }),
  fc.record({ type: fc.constant('change' as const), settings: aSettingsChange }),
  fc.record({ type: fc.constantFrom('customize' as const, 'remove' as const) }),
  fc.record({
    type: fc.constantFrom('addSecondFactor' as const, 'removeSecondFactor' as const),
    factor: fc.constantFrom(...SECOND_FACTORS),
  }),
  fc.record({
    type: fc.constantFrom('addMultiFactor' as const, 'removeMultiFactor' as const),
    factor: fc.constantFrom(...MULTI_FACTORS),
  }),
  fc.record({ type: fc.constant('addIdentityProvider' as const), identityProvider: anIdentityProvider }),
  fc.record({ type: fc.constant('removeIdentityProvider' as const), id: fc.constantFrom('a', 'b') }),
  fc.record({ type: fc.constant('revert' as const), to: fc.record({ sequence: fc.bigInt({ min: 0n, max: 12n }) }) }),
);
