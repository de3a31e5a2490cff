import {
  eachMember,
  parseAnyObject,
  parseBoolean,
  parseOneOf,
  UnknownMember,
  type Parser,
} from '../input/invalid-value.js';
import {
  areCanonicalLifetimes,
  LIFETIME_NAMES,
  parseLifetime,
  parseLifetimes,
  parseRecordedLifetime,
  viewOfLifetimes,
  type LifetimeInput,
  type LifetimeName,
  type Lifetimes,
  type LifetimesView,
} from './lifetimes.js';
import { parseRedirectUri } from './redirect-uri.js';
import { parseText } from '../input/text.js';

/** Whether users may sign in without a password. */
export const PASSWORDLESS_TYPES = ['NOT_ALLOWED', 'ALLOWED'] as const;

/** Whether users may sign in without a password. */
export type PasswordlessType = (typeof PASSWORDLESS_TYPES)[number];

/**
 * All settings of a login policy apart from factors and identity providers (docs/reference/login-policies.md#settings),
 * as in events, policies and commands. {@link LoginSettingsView} is their form in answers.
 */
export interface LoginSettings {
  readonly allowUsernamePassword: boolean;
  readonly allowRegister: boolean;
  readonly allowExternalIdp: boolean;
  readonly forceMfa: boolean;
  /** Require a second factor only from users who signed in with a password here. */
  readonly forceMfaLocalOnly: boolean;
  readonly passwordlessType: PasswordlessType;
  readonly hidePasswordReset: boolean;
  readonly ignoreUnknownUsernames: boolean;
  readonly allowDomainDiscovery: boolean;
  readonly disableLoginWithEmail: boolean;
  readonly disableLoginWithPhone: boolean;
  /** Empty: none. */
  readonly defaultRedirectUri: string;
  readonly lifetimes: Lifetimes;
}

/** The settings in answers: lifetimes are luxon `Duration`s. */
export interface LoginSettingsView extends Omit<LoginSettings, 'lifetimes'> {
  readonly lifetimes: LifetimesView;
}

/** The settings a change names; the others stay. */
export interface LoginSettingsChange extends Partial<Omit<LoginSettings, 'lifetimes'>> {
  readonly lifetimes?: Partial<Lifetimes>;
}

/** Settings as callers give them. A setting that is not named stays, or gets its default on a new policy. */
export interface LoginSettingsInput extends Omit<LoginSettingsChange, 'lifetimes'> {
  readonly lifetimes?: Partial<Record<LifetimeName, LifetimeInput>>;
}

/** A setting other than the lifetimes. */
export type SettingName = Exclude<keyof LoginSettings, 'lifetimes'>;

/** Parses the name of a passwordless type. */
export const parsePasswordlessType: Parser<PasswordlessType> = parseOneOf(PASSWORDLESS_TYPES);

type SettingParsers = { readonly [Name in SettingName]: Parser<LoginSettings[Name]> } & {
  /** For each lifetime. */
  readonly lifetimes: Parser<string>;
};

/** The rules of input. */
const AS_INPUT: SettingParsers = {
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
  lifetimes: parseLifetime,
};

/**
 * Checks the form only: a recorded value was allowed when it was recorded, whatever today's rules
 * (docs/reference/events.md).
 */
const AS_RECORDED: SettingParsers = {
  ...AS_INPUT,
  defaultRedirectUri: parseText,
  lifetimes: parseRecordedLifetime,
};

/** Every setting other than the lifetimes, in the order of docs/reference/login-policies.md#settings. */
export const SETTING_NAMES: readonly SettingName[] = Object.keys(AS_INPUT).filter(isSettingName);

/** Whether a member of the settings is a setting other than the lifetimes. */
function isSettingName(name: string): name is SettingName {
  return name !== 'lifetimes';
}

/** Every member of the settings. */
export const SETTINGS_MEMBERS: readonly string[] = [...SETTING_NAMES, 'lifetimes'];

/** The settings of a new instance (docs/reference/login-policies.md#settings). */
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
    passwordCheck: 'PT240H',
    externalLoginCheck: 'PT240H',
    mfaInitSkip: 'PT720H',
    secondFactorCheck: 'PT18H',
    multiFactorCheck: 'PT12H',
  }),
});

/** Parses all settings. */
export const parseSettings: Parser<LoginSettings> = (value, field) => {
  const settings = parseSettingsChange(value, field);
  requireAll(settings, field);
  return settings;
};

/** Parses recorded settings, all of them. */
export const parseRecordedSettings: Parser<LoginSettings> = (value, field) => {
  const settings = parseRecordedSettingsChange(value, field);
  requireAll(settings, field);
  return settings;
};

/** Parses some of the settings, possibly none; an `undefined` member counts as absent. */
export const parseSettingsChange: Parser<LoginSettingsChange> = (value, field) => someSettings(value, field, AS_INPUT);

/** Parses some recorded settings. Most are in canonical form, so they are checked and not copied. */
export const parseRecordedSettingsChange: Parser<LoginSettingsChange> = (value, field) =>
  isCanonicalChange(value, field) ? value : someSettings(value, field, AS_RECORDED);

function isCanonicalChange(value: unknown, field: string): value is LoginSettingsChange {
  let isCanonical = true;
  eachMember(value, field, (name, given) => {
    if (!Object.hasOwn(AS_RECORDED, name)) throw new UnknownMember(field, name, SETTINGS_MEMBERS);
    if (isSettingName(name)) AS_RECORDED[name](given, `${field}.${name}`);
    else isCanonical = areCanonicalLifetimes(given, `${field}.${name}`);
  });
  return isCanonical;
}

function requireAll(settings: LoginSettingsChange, field: string): asserts settings is LoginSettings {
  for (const name of SETTING_NAMES) {
    if (settings[name] === undefined) AS_INPUT[name](undefined, `${field}.${name}`);
  }
  for (const name of LIFETIME_NAMES) {
    if (settings.lifetimes?.[name] === undefined) parseLifetime(undefined, `${field}.lifetimes.${name}`);
  }
}

function someSettings(value: unknown, field: string, parsers: SettingParsers): LoginSettingsChange {
  const change: Writable = {};
  eachMember(parseAnyObject(value, field, SETTINGS_MEMBERS), field, (name, given) => {
    if (!Object.hasOwn(parsers, name)) throw new UnknownMember(field, name, SETTINGS_MEMBERS);
    if (given === undefined) return;
    const member = `${field}.${name}`;
    if (isSettingName(name)) set(change, name, parsers[name](given, member));
    else {
      const lifetimes = parseLifetimes(given, member, parsers.lifetimes);
      if (Object.keys(lifetimes).length > 0) change.lifetimes = lifetimes;
    }
  });
  return change;
}

/** Settings under construction. */
type Writable = { -readonly [Name in keyof LoginSettingsChange]: LoginSettingsChange[Name] };

function set(change: { [Name in SettingName]?: unknown }, name: SettingName, value: unknown): void {
  change[name] = value;
}

/** The settings after a change. One literal takes a fraction of the time of spreads, and a rebuild does this often. */
export function applyChange(settings: LoginSettings, change: LoginSettingsChange): LoginSettings {
  const { lifetimes } = change;
  return {
    allowUsernamePassword: change.allowUsernamePassword ?? settings.allowUsernamePassword,
    allowRegister: change.allowRegister ?? settings.allowRegister,
    allowExternalIdp: change.allowExternalIdp ?? settings.allowExternalIdp,
    forceMfa: change.forceMfa ?? settings.forceMfa,
    forceMfaLocalOnly: change.forceMfaLocalOnly ?? settings.forceMfaLocalOnly,
    passwordlessType: change.passwordlessType ?? settings.passwordlessType,
    hidePasswordReset: change.hidePasswordReset ?? settings.hidePasswordReset,
    ignoreUnknownUsernames: change.ignoreUnknownUsernames ?? settings.ignoreUnknownUsernames,
    allowDomainDiscovery: change.allowDomainDiscovery ?? settings.allowDomainDiscovery,
    disableLoginWithEmail: change.disableLoginWithEmail ?? settings.disableLoginWithEmail,
    disableLoginWithPhone: change.disableLoginWithPhone ?? settings.disableLoginWithPhone,
    defaultRedirectUri: change.defaultRedirectUri ?? settings.defaultRedirectUri,
    lifetimes: lifetimes === undefined ? settings.lifetimes : { ...settings.lifetimes, ...lifetimes },
  };
}

/** The part of a change that differs from the settings; `undefined` when nothing does. */
export function differenceFrom(settings: LoginSettings, change: LoginSettingsChange): LoginSettingsChange | undefined {
  const differs: Writable = {};
  for (const name of SETTING_NAMES) {
    const value = change[name];
    if (value !== undefined && value !== settings[name]) set(differs, name, value);
  }
  const lifetimes: Partial<Record<LifetimeName, string>> = {};
  for (const name of LIFETIME_NAMES) {
    const lifetime = change.lifetimes?.[name];
    if (lifetime !== undefined && lifetime !== settings.lifetimes[name]) lifetimes[name] = lifetime;
  }
  if (Object.keys(lifetimes).length > 0) differs.lifetimes = lifetimes;
  return Object.keys(differs).length === 0 ? undefined : differs;
}

const views = new WeakMap<LoginSettings, LoginSettingsView>();

/** Settings as answers contain them. Cached, because most events leave a policy's settings unchanged. */
export function viewOfSettings(settings: LoginSettings): LoginSettingsView {
  const known = views.get(settings);
  if (known !== undefined) return known;
  const view = Object.freeze({ ...settings, lifetimes: Object.freeze(viewOfLifetimes(settings.lifetimes)) });
  views.set(settings, view);
  return view;
}
