import type { Instant } from '@login-policy/event-sourcing';
import { parseInstantInput } from '../input/instant.js';
import {
  InvalidValue,
  parseBoolean,
  parseMembers,
  parseObject,
  parseOneOf,
  type Parser,
} from '../input/invalid-value.js';
import { parseText } from '../input/text.js';
import {
  MULTI_FACTORS,
  parseMultiFactor,
  parseSecondFactor,
  SECOND_FACTORS,
  type MultiFactor,
  type SecondFactor,
} from '../policy/factors.js';
import { LIFETIME_NAMES, parseLifetime, parseMilliseconds, type LifetimeName } from '../policy/lifetimes.js';
import { parsePasswordlessType, SETTINGS_MEMBERS, type SettingName } from '../policy/settings.js';
import { SIGN_IN_LEVELS, type SignInLevel } from './sign-in.js';

/** The rules of a policy, lifetimes in milliseconds. */
export interface ParsedRules extends ParsedSettings {
  readonly secondFactors: readonly SecondFactor[];
  readonly multiFactors: readonly MultiFactor[];
  /** Ids. */
  readonly identityProviders: readonly string[];
}

interface ParsedSettings extends Readonly<Record<LifetimeName, number>> {
  readonly allowUsernamePassword: boolean;
  readonly allowExternalIdp: boolean;
  readonly forceMfa: boolean;
  readonly forceMfaLocalOnly: boolean;
  readonly isPasswordlessAllowed: boolean;
}

/** A user, checked. */
export interface ParsedUser {
  readonly hasPassword: boolean;
  readonly factors: readonly (SecondFactor | MultiFactor)[];
  readonly identityProviders: readonly string[];
  readonly mfaInitSkippedAt: Instant | undefined;
}

/** A session, checked. */
export interface ParsedSession {
  readonly password: Instant | undefined;
  readonly externalLogin: { readonly identityProvider: string; readonly at: Instant } | undefined;
  readonly secondFactors: readonly { readonly factor: SecondFactor; readonly at: Instant }[];
  readonly passkey: { readonly at: Instant; readonly isUserVerified: boolean } | undefined;
  readonly expiresAt: Instant | undefined;
}

/** A request, checked. */
export interface ParsedRequest {
  readonly startedAt: Instant | undefined;
  /** In milliseconds. */
  readonly maxAge: number | undefined;
  readonly level: SignInLevel;
}

/** A sign-in, checked. */
export interface ParsedSignIn {
  readonly user: ParsedUser;
  readonly session: ParsedSession;
  readonly request: ParsedRequest;
  readonly at: Instant;
}

const SIGN_IN = ['user', 'session', 'at', 'request'];
const USER = ['hasPassword', 'factors', 'identityProviders', 'mfaInitSkippedAt'];
const SESSION = ['password', 'externalLogin', 'secondFactors', 'passkey', 'expiresAt'];
const EXTERNAL_LOGIN = ['identityProvider', 'at'];
const SECOND_FACTOR = ['factor', 'at'];
const PASSKEY = ['at', 'isUserVerified'];
const REQUEST = ['startedAt', 'maxAge', 'level'];
const RULES = ['settings', 'secondFactors', 'multiFactors', 'identityProviders'];
/** A policy's members that say whose it is and how it stood; a sign-in is not judged by them. */
const BESIDE = ['stage', 'position', 'owner', 'isDefault', 'details', 'eventId'];
const POLICY = [...RULES, ...BESIDE];
const PROVIDER = ['id', 'ownerType'];
const MOST_CHECKS = 100;

/** Takes a sign-in. @throws InvalidValue */
export function parseSignIn(value: unknown): ParsedSignIn {
  const [user, session, at, request] = parseMembers(value, 'signIn', SIGN_IN);
  return {
    user: parseUser(user),
    session: parseSession(session),
    request: request === undefined ? NO_REQUEST : parseRequest(request),
    at: parseInstantInput(at, 'at'),
  };
}

const parseFactor = parseOneOf<SecondFactor | MultiFactor>([...SECOND_FACTORS, ...MULTI_FACTORS]);

function parseUser(value: unknown): ParsedUser {
  const [hasPassword, factors, identityProviders, skippedAt] = parseMembers(value, 'user', USER);
  return {
    hasPassword: parseBoolean(hasPassword, 'user.hasPassword'),
    factors: parseEach(factors, 'user.factors', parseFactor),
    identityProviders: parseEach(identityProviders, 'user.identityProviders', parseText),
    mfaInitSkippedAt: parseOptionalInstant(skippedAt, 'user.mfaInitSkippedAt'),
  };
}

function parseSession(value: unknown): ParsedSession {
  const [password, externalLogin, secondFactors, passkey, expiresAt] = parseMembers(value, 'session', SESSION);
  return {
    password: parseOptionalInstant(password, 'session.password'),
    externalLogin: externalLogin === undefined ? undefined : parseExternalLogin(externalLogin),
    secondFactors: secondFactors === undefined ? [] : parseSecondFactors(secondFactors),
    passkey: passkey === undefined ? undefined : parsePasskey(passkey),
    expiresAt: parseOptionalInstant(expiresAt, 'session.expiresAt'),
  };
}

function parseExternalLogin(value: unknown): NonNullable<ParsedSession['externalLogin']> {
  const [identityProvider, at] = parseMembers(value, 'session.externalLogin', EXTERNAL_LOGIN);
  return {
    identityProvider: parseText(identityProvider, 'session.externalLogin.identityProvider'),
    at: parseInstantInput(at, 'session.externalLogin.at'),
  };
}

function parseSecondFactors(value: unknown): ParsedSession['secondFactors'] {
  const checks = parseEach(value, 'session.secondFactors', parseSecondFactorCheck);
  if (checks.length <= MOST_CHECKS) return checks;
  throw new InvalidValue('session.secondFactors', `at most ${MOST_CHECKS} checks`, checks.length);
}

function parseSecondFactorCheck(value: unknown, field: string): ParsedSession['secondFactors'][number] {
  const [factor, at] = parseMembers(value, field, SECOND_FACTOR);
  return { factor: parseSecondFactor(factor, `${field}.factor`), at: parseInstantInput(at, `${field}.at`) };
}

function parsePasskey(value: unknown): NonNullable<ParsedSession['passkey']> {
  const [at, isUserVerified] = parseMembers(value, 'session.passkey', PASSKEY);
  return {
    at: parseInstantInput(at, 'session.passkey.at'),
    isUserVerified: parseBoolean(isUserVerified, 'session.passkey.isUserVerified'),
  };
}

/** Nothing is asked for beyond the policy. */
export const NO_REQUEST: ParsedRequest = Object.freeze({
  startedAt: undefined,
  maxAge: undefined,
  level: 'one-factor',
});

const parseLevel = parseOneOf(SIGN_IN_LEVELS);

function parseRequest(value: unknown): ParsedRequest {
  const [startedAt, maxAge, level] = parseMembers(value, 'request', REQUEST);
  const longest = maxAge === undefined ? undefined : parseLifetime(maxAge, 'request.maxAge');
  return {
    startedAt: parseOptionalInstant(startedAt, 'request.startedAt'),
    maxAge: longest === undefined ? undefined : parseMilliseconds(longest, 'request.maxAge'),
    level: level === undefined ? 'one-factor' : parseLevel(level, 'request.level'),
  };
}

/**
 * Takes the rules of a policy as it is read or as it was recorded. A member that this version does not know is refused: it may be
 * a stricter rule. @throws InvalidValue
 */
export function parseRules(value: unknown): ParsedRules {
  const [settings, secondFactors, multiFactors, identityProviders] = parseMembers(value, 'policy', POLICY);
  return {
    ...parseSettings(settings),
    secondFactors: parseEach(secondFactors, 'policy.secondFactors', parseSecondFactor),
    multiFactors: parseEach(multiFactors, 'policy.multiFactors', parseMultiFactor),
    identityProviders: parseEach(identityProviders, 'policy.identityProviders', parseProvider),
  };
}

const parseProvider: Parser<string> = (value, field) => {
  const [id] = parseMembers(value, field, PROVIDER);
  return parseText(id, `${field}.id`);
};

const known = new WeakMap<object, ParsedSettings>();

/** Settings of a view are frozen, and many sign-ins are judged by one view: they are parsed once. */
function parseSettings(value: unknown): ParsedSettings {
  const view = typeof value === 'object' && value !== null ? value : {};
  const before = known.get(view);
  if (before !== undefined) return before;
  const field = 'policy.settings';
  const { lifetimes, ...settings } = parseObject(value, field, SETTINGS_MEMBERS);
  const isSet = (name: SettingName): boolean => parseBoolean(settings[name], `${field}.${name}`);
  const parsed = {
    ...parseLifetimesOf(lifetimes),
    allowUsernamePassword: isSet('allowUsernamePassword'),
    allowExternalIdp: isSet('allowExternalIdp'),
    forceMfa: isSet('forceMfa'),
    forceMfaLocalOnly: isSet('forceMfaLocalOnly'),
    isPasswordlessAllowed:
      parsePasswordlessType(settings['passwordlessType'], `${field}.passwordlessType`) === 'ALLOWED',
  };
  if (Object.isFrozen(view) && Object.isFrozen(lifetimes)) known.set(view, parsed);
  return parsed;
}

function parseLifetimesOf(value: unknown): Readonly<Record<LifetimeName, number>> {
  const lifetimes = parseObject(value, 'policy.settings.lifetimes', LIFETIME_NAMES);
  const lifetime = (name: LifetimeName): number =>
    parseMilliseconds(lifetimes[name], `policy.settings.lifetimes.${name}`);
  return {
    passwordCheck: lifetime('passwordCheck'),
    externalLoginCheck: lifetime('externalLoginCheck'),
    mfaInitSkip: lifetime('mfaInitSkip'),
    secondFactorCheck: lifetime('secondFactorCheck'),
    multiFactorCheck: lifetime('multiFactorCheck'),
  };
}

function parseOptionalInstant(value: unknown, field: string): Instant | undefined {
  return value === undefined ? undefined : parseInstantInput(value, field);
}

function parseEach<Item>(value: unknown, field: string, parse: Parser<Item>): readonly Item[] {
  if (!Array.isArray(value)) throw new InvalidValue(field, 'a list', value);
  const items: Item[] = [];
  for (let index = 0; index < value.length; index++) items.push(parse(value[index], `${field}[${index}]`));
  return items;
}
