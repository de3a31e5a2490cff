import type { Instant } from '@login-policy/event-sourcing';
import { parseInstantInput } from '../input/instant.js';
import {
  InvalidValue,
  parseAnyObject,
  parseBoolean,
  parseEach,
  parseObject,
  parseOneOf,
  UnknownMember,
} from '../input/invalid-value.js';
import { parseText } from '../input/text.js';
import { FACTORS, parseSecondFactor, type MultiFactor, type SecondFactor } from '../policy/factors.js';
import { parseLifetime, parseMilliseconds } from '../policy/lifetimes.js';
import { SIGN_IN_LEVELS, type SignInLevel } from './sign-in.js';

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

/** A checked sign-in, without its instant. */
export interface ParsedSignIn {
  readonly user: ParsedUser;
  readonly session: ParsedSession;
  readonly request: ParsedRequest;
}

/** A checked sign-in, and the instant to judge it at, if one was given. */
export interface AskedSignIn extends ParsedSignIn {
  readonly at: Instant | undefined;
}

const SIGN_IN = ['user', 'session', 'at', 'request'];
const USER = ['hasPassword', 'factors', 'identityProviders', 'mfaInitSkippedAt'];
const SESSION = ['password', 'externalLogin', 'secondFactors', 'passkey', 'expiresAt'];
const MOST_CHECKS = 100;

// This runs at each sign-in. A loop over the existing members with a switch takes a third of the time of a general
// parser.

/** Parses a sign-in. @throws InvalidValue */
export function parseSignIn(value: unknown): AskedSignIn {
  const signIn = parseAnyObject(value, 'signIn', SIGN_IN);
  let user: unknown, session: unknown, at: unknown, request: unknown;
  for (const member of Object.keys(signIn)) {
    switch (member) {
      case 'user':
        user = signIn['user'];
        break;
      case 'session':
        session = signIn['session'];
        break;
      case 'at':
        at = signIn['at'];
        break;
      case 'request':
        request = signIn['request'];
        break;
      default:
        throw new UnknownMember('signIn', member, SIGN_IN);
    }
  }
  return {
    user: parseUser(user),
    session: parseSession(session),
    request: request === undefined ? NO_REQUEST : parseRequest(request),
    at: parseOptionalInstant(at, 'at'),
  };
}

const parseFactor = parseOneOf(FACTORS);

function parseUser(value: unknown): ParsedUser {
  const user = parseAnyObject(value, 'user', USER);
  let hasPassword: unknown, factors: unknown, identityProviders: unknown, skippedAt: unknown;
  for (const member of Object.keys(user)) {
    switch (member) {
      case 'hasPassword':
        hasPassword = user['hasPassword'];
        break;
      case 'factors':
        factors = user['factors'];
        break;
      case 'identityProviders':
        identityProviders = user['identityProviders'];
        break;
      case 'mfaInitSkippedAt':
        skippedAt = user['mfaInitSkippedAt'];
        break;
      default:
        throw new UnknownMember('user', member, USER);
    }
  }
  return {
    hasPassword: parseBoolean(hasPassword, 'user.hasPassword'),
    factors: parseEach(factors, 'user.factors', parseFactor),
    identityProviders: parseEach(identityProviders, 'user.identityProviders', parseText),
    mfaInitSkippedAt: parseOptionalInstant(skippedAt, 'user.mfaInitSkippedAt'),
  };
}

function parseSession(value: unknown): ParsedSession {
  const session = parseAnyObject(value, 'session', SESSION);
  let password: unknown, externalLogin: unknown, secondFactors: unknown, passkey: unknown, expiresAt: unknown;
  for (const member of Object.keys(session)) {
    switch (member) {
      case 'password':
        password = session['password'];
        break;
      case 'externalLogin':
        externalLogin = session['externalLogin'];
        break;
      case 'secondFactors':
        secondFactors = session['secondFactors'];
        break;
      case 'passkey':
        passkey = session['passkey'];
        break;
      case 'expiresAt':
        expiresAt = session['expiresAt'];
        break;
      default:
        throw new UnknownMember('session', member, SESSION);
    }
  }
  return {
    password: parseOptionalInstant(password, 'session.password'),
    externalLogin: externalLogin === undefined ? undefined : parseExternalLogin(externalLogin),
    secondFactors: secondFactors === undefined ? [] : parseSecondFactors(secondFactors),
    passkey: passkey === undefined ? undefined : parsePasskey(passkey),
    expiresAt: parseOptionalInstant(expiresAt, 'session.expiresAt'),
  };
}

function parseExternalLogin(value: unknown): NonNullable<ParsedSession['externalLogin']> {
  const { at, other } = parseCheck(value, 'session.externalLogin', 'identityProvider');
  return { identityProvider: parseText(other, 'session.externalLogin.identityProvider'), at };
}

function parseSecondFactors(value: unknown): ParsedSession['secondFactors'] {
  const checks = parseEach(value, 'session.secondFactors', parseSecondFactorCheck);
  if (checks.length <= MOST_CHECKS) return checks;
  throw new InvalidValue('session.secondFactors', `at most ${MOST_CHECKS} checks`, checks.length);
}

function parseSecondFactorCheck(value: unknown, field: string): ParsedSession['secondFactors'][number] {
  const { at, other } = parseCheck(value, field, 'factor');
  return { factor: parseSecondFactor(other, `${field}.factor`), at };
}

function parsePasskey(value: unknown): NonNullable<ParsedSession['passkey']> {
  const { at, other } = parseCheck(value, 'session.passkey', 'isUserVerified');
  return { at, isUserVerified: parseBoolean(other, 'session.passkey.isUserVerified') };
}

/** Parses a check: its time, and one more member. */
function parseCheck(
  value: unknown,
  field: string,
  name: 'identityProvider' | 'factor' | 'isUserVerified',
): { readonly at: Instant; readonly other: unknown } {
  const members = [name, 'at'];
  const check = parseAnyObject(value, field, members);
  let at: unknown, other: unknown;
  for (const member of Object.keys(check)) {
    if (member === 'at') at = check['at'];
    else if (member === name) other = check[name];
    else throw new UnknownMember(field, member, members);
  }
  return { at: parseInstantInput(at, `${field}.at`), other };
}

/** A request without additional requirements. */
export const NO_REQUEST: ParsedRequest = Object.freeze({
  startedAt: undefined,
  maxAge: undefined,
  level: 'one-factor',
});

/** A session that has verified nothing. */
export const NO_SESSION: ParsedSession = Object.freeze({
  password: undefined,
  externalLogin: undefined,
  secondFactors: [],
  passkey: undefined,
  expiresAt: undefined,
});

const parseLevel = parseOneOf(SIGN_IN_LEVELS);

function parseRequest(value: unknown): ParsedRequest {
  const { level, maxAge, startedAt } = parseObject(value, 'request', ['startedAt', 'maxAge', 'level']);
  return {
    startedAt: parseOptionalInstant(startedAt, 'request.startedAt'),
    maxAge:
      maxAge === undefined ? undefined : parseMilliseconds(parseLifetime(maxAge, 'request.maxAge'), 'request.maxAge'),
    level: level === undefined ? 'one-factor' : parseLevel(level, 'request.level'),
  };
}

function parseOptionalInstant(value: unknown, field: string): Instant | undefined {
  return value === undefined ? undefined : parseInstantInput(value, field);
}
