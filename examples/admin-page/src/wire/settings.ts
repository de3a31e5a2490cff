import { optionalText, type JsonObject } from './json.js';

/** The settings that are on or off. */
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

/** The settings that limit how long a check counts. */
export const LIFETIME_NAMES = [
  'passwordCheck',
  'externalLoginCheck',
  'mfaInitSkip',
  'secondFactorCheck',
  'multiFactorCheck',
] as const;

/** A setting that is on or off. */
export type SwitchName = (typeof SWITCH_NAMES)[number];

/** A setting that limits how long a check counts. */
export type LifetimeName = (typeof LIFETIME_NAMES)[number];

/** All parts of a policy except factors and identity providers. */
export type Settings = Readonly<Record<SwitchName, boolean>> &
  Readonly<Record<LifetimeName, string>> & {
    readonly isPasswordlessAllowed: boolean;
    /** Empty for none. */
    readonly defaultRedirectUri: string;
  };

/** Some of the settings: those the user changed. */
export type SettingsPatch = Partial<Settings>;

const PASSWORDLESS_ALLOWED = 'PASSWORDLESS_TYPE_ALLOWED';

/** Parses the settings of a policy. As in protobuf JSON, an absent setting is off, empty or zero. */
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
 * Settings in the form of requests. A request to set them must have all of them, because an absent one is set to zero.
 * A rollout only has those that change.
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
