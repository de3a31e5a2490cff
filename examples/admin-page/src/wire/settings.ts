import { optionalText, type JsonObject } from './json.js';

/** The settings that are switched on or off. */
export const SWITCH_NAMES = [
  'allowUsernamePassword',
  'allowRegister',
  'allowExternalIdp',
  'forceMfa',
  'forceMfaLocalOnly',
  'hidePasswordReset',
  'ignoreUnknownUsernames',
  'allowDomainDiscovery',
  'disableLoginWithEmail',
  'disableLoginWithPhone',
] as const;

/** The settings that say for how long a check counts. */
export const LIFETIME_NAMES = [
  'passwordCheck',
  'externalLoginCheck',
  'mfaInitSkip',
  'secondFactorCheck',
  'multiFactorCheck',
] as const;

/** A setting that is switched on or off. */
export type SwitchName = (typeof SWITCH_NAMES)[number];

/** A setting that says for how long a check counts. */
export type LifetimeName = (typeof LIFETIME_NAMES)[number];

/** All that a policy sets apart from factors and identity providers. */
export type Settings = Readonly<Record<SwitchName, boolean>> &
  Readonly<Record<LifetimeName, string>> & {
    readonly isPasswordlessAllowed: boolean;
    /** Empty for none. */
    readonly defaultRedirectUri: string;
  };

/** Some of the settings: what a person changed. */
export type SettingsPatch = Partial<Settings>;

const PASSWORDLESS_ALLOWED = 'PASSWORDLESS_TYPE_ALLOWED';

/** Reads settings out of a policy; what is left out is off, empty or zero, as JSON of protobuf has it. */
export function settingsOf(policy: JsonObject): Settings {
  const isOn = (name: SwitchName): boolean => policy[name] === true;
  const lifetime = (name: LifetimeName): string => optionalText(policy[`${name}Lifetime`], name) ?? '0s';
  return {
    allowUsernamePassword: isOn('allowUsernamePassword'),
    allowRegister: isOn('allowRegister'),
    allowExternalIdp: isOn('allowExternalIdp'),
    forceMfa: isOn('forceMfa'),
    forceMfaLocalOnly: isOn('forceMfaLocalOnly'),
    hidePasswordReset: isOn('hidePasswordReset'),
    ignoreUnknownUsernames: isOn('ignoreUnknownUsernames'),
    allowDomainDiscovery: isOn('allowDomainDiscovery'),
    disableLoginWithEmail: isOn('disableLoginWithEmail'),
    disableLoginWithPhone: isOn('disableLoginWithPhone'),
    passwordCheck: lifetime('passwordCheck'),
    externalLoginCheck: lifetime('externalLoginCheck'),
    mfaInitSkip: lifetime('mfaInitSkip'),
    secondFactorCheck: lifetime('secondFactorCheck'),
    multiFactorCheck: lifetime('multiFactorCheck'),
    isPasswordlessAllowed: policy['passwordlessType'] === PASSWORDLESS_ALLOWED,
    defaultRedirectUri: optionalText(policy['defaultRedirectUri'], 'defaultRedirectUri') ?? '',
  };
}

/**
 * Settings as requests carry them. A request that sets them carries all of them, for what is left out is set to zero; one that is rolled out
 * carries those that change.
 */
export function settingsRequest({ isPasswordlessAllowed, ...patch }: SettingsPatch): JsonObject {
  const passwordlessType = isPasswordlessAllowed === true ? PASSWORDLESS_ALLOWED : 'PASSWORDLESS_TYPE_NOT_ALLOWED';
  const request: Record<string, unknown> = isPasswordlessAllowed === undefined ? {} : { passwordlessType };
  for (const [name, value] of Object.entries(patch)) request[isLifetime(name) ? `${name}Lifetime` : name] = value;
  return request;
}

/** Whether a setting is a lifetime. */
export function isLifetime(name: string): name is LifetimeName {
  return LIFETIME_NAMES.some((one) => one === name);
}
