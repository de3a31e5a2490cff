import { toJsonObject, type JsonObject } from '@login-policy/event-sourcing';
import { Duration } from 'luxon';
import { parseBoolean, parseObject, parseOneOf, type Parser } from './invalid-value.js';
import { LIFETIME_NAMES, lifetimesToJson, parseLifetime, parseLifetimes, type Lifetimes } from './lifetimes.js';
import { parseRedirectUri } from './redirect-uri.js';

/** Whether users may sign in without a password. */
export const PASSWORDLESS_TYPES = ['NOT_ALLOWED', 'ALLOWED'] as const;

/** Whether users may sign in without a password. */
export type PasswordlessType = (typeof PASSWORDLESS_TYPES)[number];

/** All that a login policy sets apart from factors and identity providers (SPEC §2). */
export interface LoginSettings {
  readonly allowUsernamePassword: boolean;
  readonly allowRegister: boolean;
  readonly allowExternalIdp: boolean;
  readonly forceMfa: boolean;
  /** Force a second factor only for users who signed in with a password here. */
  readonly forceMfaLocalOnly: boolean;
  readonly passwordlessType: PasswordlessType;
  readonly hidePasswordReset: boolean;
  readonly ignoreUnknownUsernames: boolean;
  readonly allowDomainDiscovery: boolean;
  readonly disableLoginWithEmail: boolean;
  readonly disableLoginWithPhone: boolean;
  /** Empty for none. */
  readonly defaultRedirectUri: string;
  readonly lifetimes: Lifetimes;
}

/** The settings a change names; what it does not name stays. */
export interface LoginSettingsChange extends Partial<Omit<LoginSettings, 'lifetimes'>> {
  readonly lifetimes?: Partial<Lifetimes>;
}

/** A setting with a value of its own, apart from the lifetimes. */
export type SettingName = Exclude<keyof LoginSettings, 'lifetimes'>;

const parsePasswordlessType = parseOneOf(PASSWORDLESS_TYPES);

const PARSERS: { readonly [Name in SettingName]: Parser<LoginSettings[Name]> } = {
  allowUsernamePassword: parseBoolean,
  allowRegister: parseBoolean,
  allowExternalIdp: parseBoolean,
  forceMfa: parseBoolean,
  forceMfaLocalOnly: parseBoolean,
  passwordlessType: parsePasswordlessType,
  hidePasswordReset: parseBoolean,
  ignoreUnknownUsernames: parseBoolean,
  allowDomainDiscovery: parseBoolean,
  disableLoginWithEmail: parseBoolean,
  disableLoginWithPhone: parseBoolean,
  defaultRedirectUri: parseRedirectUri,
};

/** Every setting apart from the lifetimes, in the order of the SPEC. */
export const SETTING_NAMES: readonly SettingName[] = Object.keys(PARSERS).filter(isSettingName);

function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(PARSERS, name);
}

const MEMBERS = [...SETTING_NAMES, 'lifetimes'];

/** The settings of a fresh instance (SPEC §2). */
export const defaultSettings: LoginSettings = Object.freeze({
  allowUsernamePassword: true,
  allowRegister: true,
  allowExternalIdp: true,
  forceMfa: false,
  forceMfaLocalOnly: false,
  passwordlessType: 'ALLOWED',
  hidePasswordReset: false,
  ignoreUnknownUsernames: false,
  allowDomainDiscovery: true,
  disableLoginWithEmail: false,
  disableLoginWithPhone: false,
  defaultRedirectUri: '',
  lifetimes: Object.freeze({
    passwordCheck: Duration.fromObject({ hours: 240 }),
    externalLoginCheck: Duration.fromObject({ hours: 240 }),
    mfaInitSkip: Duration.fromObject({ hours: 720 }),
    secondFactorCheck: Duration.fromObject({ hours: 18 }),
    multiFactorCheck: Duration.fromObject({ hours: 12 }),
  }),
});

/** Takes all settings; `lifetime` reads a lifetime, from code or as stored. */
export function parseSettings(
  value: unknown,
  field: string,
  lifetime: Parser<Duration> = parseLifetime,
): LoginSettings {
  const settings = parseSettingsChange(value, field, lifetime);
  requireAll(settings, field);
  return settings;
}

function requireAll(settings: LoginSettingsChange, field: string): asserts settings is LoginSettings {
  for (const name of SETTING_NAMES) {
    if (settings[name] === undefined) PARSERS[name](undefined, `${field}.${name}`);
  }
  for (const name of LIFETIME_NAMES) {
    if (settings.lifetimes?.[name] === undefined) parseLifetime(undefined, `${field}.lifetimes.${name}`);
  }
}

/** Takes some of the settings, perhaps none; a member that is `undefined` counts as absent. */
export function parseSettingsChange(
  value: unknown,
  field: string,
  lifetime: Parser<Duration> = parseLifetime,
): LoginSettingsChange {
  const given = parseObject(value, field, MEMBERS);
  const change: { -readonly [Name in keyof LoginSettingsChange]: LoginSettingsChange[Name] } = {};
  for (const name of SETTING_NAMES) {
    if (given[name] !== undefined) Object.assign(change, { [name]: PARSERS[name](given[name], `${field}.${name}`) });
  }
  if (given['lifetimes'] !== undefined) {
    const lifetimes = parseLifetimes(given['lifetimes'], `${field}.lifetimes`, lifetime);
    if (Object.keys(lifetimes).length > 0) change.lifetimes = lifetimes;
  }
  return change;
}

/** The settings after a change. */
export function applyChange(settings: LoginSettings, change: LoginSettingsChange): LoginSettings {
  const { lifetimes, ...others } = change;
  return { ...settings, ...others, lifetimes: { ...settings.lifetimes, ...lifetimes } };
}

/** What of a change really differs from the settings; `undefined` when nothing does. */
export function differing(settings: LoginSettings, change: LoginSettingsChange): LoginSettingsChange | undefined {
  const differs: { -readonly [Name in keyof LoginSettingsChange]: LoginSettingsChange[Name] } = {};
  for (const name of SETTING_NAMES) {
    if (change[name] !== undefined && change[name] !== settings[name]) Object.assign(differs, { [name]: change[name] });
  }
  const lifetimes = differingLifetimes(settings.lifetimes, change.lifetimes ?? {});
  if (lifetimes !== undefined) differs.lifetimes = lifetimes;
  return Object.keys(differs).length === 0 ? undefined : differs;
}

function differingLifetimes(before: Lifetimes, change: Partial<Lifetimes>): Partial<Lifetimes> | undefined {
  const differs: { -readonly [Name in keyof Lifetimes]?: Lifetimes[Name] } = {};
  for (const name of LIFETIME_NAMES) {
    const lifetime = change[name];
    if (lifetime !== undefined && lifetime.toMillis() !== before[name].toMillis()) differs[name] = lifetime;
  }
  return Object.keys(differs).length === 0 ? undefined : differs;
}

const written = new WeakMap<LoginSettingsChange, JsonObject>();

/**
 * Settings, all or some, as JSON has them: lifetimes in ISO 8601. Most events leave a policy's settings as they are, so
 * each is written once, however many rows it goes into.
 */
export function settingsToJson(settings: LoginSettingsChange): JsonObject {
  const known = written.get(settings);
  if (known !== undefined) return known;
  const { lifetimes, ...others } = settings;
  const json = toJsonObject(lifetimes === undefined ? others : { ...others, lifetimes: lifetimesToJson(lifetimes) });
  written.set(settings, json);
  return json;
}
