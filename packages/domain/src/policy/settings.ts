import { toJsonObject, type JsonObject } from '@login-policy/event-sourcing';
import { Duration } from 'luxon';
import { eachMember, parseBoolean, parseOneOf, UnknownMember, type Parser } from '../input/invalid-value.js';
import {
  isSameLength,
  LIFETIME_NAMES,
  lifetimesToJson,
  parseLifetime,
  parseLifetimes,
  parseRecordedLifetime,
  type LifetimeInput,
  type LifetimeName,
  type Lifetimes,
} from './lifetimes.js';
import { parseRedirectUri } from './redirect-uri.js';
import { parseText } from '../input/text.js';

/** Whether users may sign in without a password. */
export const PASSWORDLESS_TYPES = ['NOT_ALLOWED', 'ALLOWED'] as const;

/** Whether users may sign in without a password. */
export type PasswordlessType = (typeof PASSWORDLESS_TYPES)[number];

/** All that a login policy sets apart from factors and identity providers (docs/reference/login-policies.md#settings). */
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

/** Settings as a caller gives them: what is not named stays as it is, or is the default of a policy that is added. */
export interface LoginSettingsInput extends Omit<LoginSettingsChange, 'lifetimes'> {
  readonly lifetimes?: Partial<Record<LifetimeName, LifetimeInput>>;
}

/** A setting with a value of its own, apart from the lifetimes. */
export type SettingName = Exclude<keyof LoginSettings, 'lifetimes'>;

const parsePasswordlessType = parseOneOf(PASSWORDLESS_TYPES);

type SettingParsers = { readonly [Name in SettingName]: Parser<LoginSettings[Name]> } & {
  /** Of each of them. */
  readonly lifetimes: Parser<Duration>;
};

/** What is allowed as input. */
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

/** What is of the right form. It was allowed when it was recorded, and what is allowed today does not matter (docs/reference/events.md). */
const AS_RECORDED: SettingParsers = {
  ...AS_INPUT,
  defaultRedirectUri: parseText,
  lifetimes: parseRecordedLifetime,
};

/** Every setting apart from the lifetimes, in the order of docs/reference/login-policies.md#settings. */
export const SETTING_NAMES: readonly SettingName[] = Object.keys(AS_INPUT).filter(isSettingName);

/** Of the name of a member of the settings. */
function isSettingName(name: string): name is SettingName {
  return name !== 'lifetimes';
}

const MEMBERS = [...SETTING_NAMES, 'lifetimes'];

/** The settings of a fresh instance (docs/reference/login-policies.md#settings). */
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

/** Takes all settings. */
export const parseSettings: Parser<LoginSettings> = (value, field) => allSettings(value, field, AS_INPUT);

/** Reads all settings as they were recorded. */
export const parseRecordedSettings: Parser<LoginSettings> = (value, field) => allSettings(value, field, AS_RECORDED);

/** Takes some of the settings, perhaps none; a member that is `undefined` counts as absent. */
export const parseSettingsChange: Parser<LoginSettingsChange> = (value, field) => someSettings(value, field, AS_INPUT);

/** Reads some of the settings as they were recorded. */
export const parseRecordedSettingsChange: Parser<LoginSettingsChange> = (value, field) =>
  someSettings(value, field, AS_RECORDED);

function allSettings(value: unknown, field: string, parsers: SettingParsers): LoginSettings {
  const settings = someSettings(value, field, parsers);
  requireAll(settings, field);
  return settings;
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
  eachMember(value, field, (name, given) => {
    if (!Object.hasOwn(parsers, name)) throw new UnknownMember(field, name, MEMBERS);
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

/** Settings that are put together. */
type Writable = { -readonly [Name in keyof LoginSettingsChange]: LoginSettingsChange[Name] };

function set(change: { [Name in SettingName]?: unknown }, name: SettingName, value: unknown): void {
  change[name] = value;
}

/** The settings after a change. */
export function applyChange(settings: LoginSettings, change: LoginSettingsChange): LoginSettings {
  const { lifetimes } = settings;
  const changed = change.lifetimes === undefined ? lifetimes : { ...lifetimes, ...change.lifetimes };
  return { ...settings, ...change, lifetimes: changed };
}

/** What of a change really differs from the settings; `undefined` when nothing does. */
export function differing(settings: LoginSettings, change: LoginSettingsChange): LoginSettingsChange | undefined {
  const differs: Writable = {};
  for (const name of SETTING_NAMES) {
    const value = change[name];
    if (value !== undefined && value !== settings[name]) set(differs, name, value);
  }
  const lifetimes = differingLifetimes(settings.lifetimes, change.lifetimes ?? {});
  if (lifetimes !== undefined) differs.lifetimes = lifetimes;
  return Object.keys(differs).length === 0 ? undefined : differs;
}

function differingLifetimes(before: Lifetimes, change: Partial<Lifetimes>): Partial<Lifetimes> | undefined {
  const differs: { -readonly [Name in keyof Lifetimes]?: Lifetimes[Name] } = {};
  for (const name of LIFETIME_NAMES) {
    const lifetime = change[name];
    if (lifetime !== undefined && !isSameLength(lifetime, before[name])) differs[name] = lifetime;
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
