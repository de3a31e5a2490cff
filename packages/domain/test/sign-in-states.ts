import type { SecondFactor, SignIn, SignInAnswer } from '@login-policy/domain';
import type { SignInLevel, SignInRules } from '@login-policy/domain/model';
import { defaultSettings } from '@login-policy/domain';
import { parseIdentityProviderId } from '@login-policy/domain/model';

/**
 * A sign-in and its policy, in so few words that all of them can be tried. Times are milliseconds after {@link EPOCH}.
 */
export interface State {
  readonly password: boolean;
  readonly external: boolean;
  readonly force: 'none' | 'local' | 'all' | 'both';
  readonly passwordless: boolean;
  readonly multiFactor: boolean;
  readonly second: readonly SecondFactor[];
  readonly providers: readonly string[];
  readonly lifetimes: { readonly [Kind in 'password' | 'external' | 'second' | 'passkey' | 'skip']: number };
  readonly user: {
    readonly password: boolean;
    readonly factors: readonly (SecondFactor | 'U2F_WITH_VERIFICATION')[];
    readonly linked: readonly string[];
    readonly skippedAt?: number | undefined;
  };
  readonly session: {
    readonly password?: number | undefined;
    readonly external?: { readonly by: string; readonly at: number } | undefined;
    readonly second: readonly { readonly factor: SecondFactor; readonly at: number }[];
    readonly passkey?: { readonly at: number; readonly verified: boolean } | undefined;
    readonly expiresAt?: number | undefined;
  };
  readonly request: {
    readonly startedAt?: number | undefined;
    readonly maxAge?: number | undefined;
    readonly level?: SignInLevel | undefined;
  };
  readonly at: number;
}

export const EPOCH: number = Date.parse('2026-01-01T00:00:00.000Z');

/** An hour after {@link EPOCH}: the sign-in of a state that says nothing else. */
export const NOON = 3_600_000;

const DAY = 86_400_000;

/** A fresh instance's policy, a user with a password, and a session that has verified nothing. */
export const PLAIN: State = {
  password: true,
  external: true,
  force: 'none',
  passwordless: true,
  multiFactor: true,
  second: ['TOTP', 'U2F'],
  providers: [],
  lifetimes: { password: 10 * DAY, external: 10 * DAY, second: DAY, passkey: DAY / 2, skip: 30 * DAY },
  user: { password: true, factors: [], linked: [] },
  session: { second: [] },
  request: {},
  at: NOON,
};

function date(at: number): Date {
  return new Date(EPOCH + at);
}

function text(milliseconds: number): string {
  return `PT${milliseconds / 1000}S`;
}

/** The policy of a state. */
export function policyOf(state: State): SignInRules {
  const { force, lifetimes } = state;
  return {
    settings: Object.freeze({
      ...defaultSettings,
      allowUsernamePassword: state.password,
      allowExternalIdp: state.external,
      forceMfa: force === 'all' || force === 'both',
      forceMfaLocalOnly: force === 'local' || force === 'both',
      passwordlessType: state.passwordless ? 'ALLOWED' : 'NOT_ALLOWED',
      lifetimes: Object.freeze({
        passwordCheck: text(lifetimes.password),
        externalLoginCheck: text(lifetimes.external),
        mfaInitSkip: text(lifetimes.skip),
        secondFactorCheck: text(lifetimes.second),
        multiFactorCheck: text(lifetimes.passkey),
      }),
    }),
    secondFactors: state.second,
    multiFactors: state.multiFactor ? ['U2F_WITH_VERIFICATION'] : [],
    identityProviders: state.providers.map((id) => ({ id: parseIdentityProviderId(id, 'id'), ownerType: 'SYSTEM' })),
  };
}

/** The sign-in of a state. */
export function signInOf({ at, request, session, user }: State): SignIn {
  const { external, passkey } = session;
  return {
    user: {
      hasPassword: user.password,
      factors: user.factors,
      identityProviders: user.linked,
      ...(user.skippedAt !== undefined && { mfaInitSkippedAt: date(user.skippedAt) }),
    },
    session: {
      password: session.password === undefined ? undefined : date(session.password),
      externalLogin: external && { identityProvider: external.by, at: date(external.at) },
      secondFactors: session.second.map((check) => ({ factor: check.factor, at: date(check.at) })),
      passkey: passkey && { at: date(passkey.at), isUserVerified: passkey.verified },
      expiresAt: session.expiresAt === undefined ? undefined : date(session.expiresAt),
    },
    request: {
      startedAt: request.startedAt === undefined ? undefined : date(request.startedAt),
      maxAge: request.maxAge === undefined ? undefined : text(request.maxAge),
      level: request.level,
    },
    at: date(at),
  };
}

/** An answer in a line, without `validUntil`: what two answers are compared by. */
export function lineOf(answer: SignInAnswer): string {
  switch (answer.outcome) {
    case 'proceed': {
      const { amr, authenticatedAt, level, offerSetUp } = answer;
      const offer = offerSetUp.map(nameOf).join(' ');
      return `proceed ${level}; ${amr.join(' ')}; at ${authenticatedAt.getTime() - EPOCH}; offer ${offer}`;
    }
    case 'impossible':
      return `impossible ${answer.reason}`;
    case 'rejected':
      return `rejected ${answer.message}`;
    case 'authenticate':
    case 'verify':
    case 'set-up':
      return `${answer.outcome} ${answer.options.map(nameOf).join(' ')}`;
  }
}

/** An option in a word. */
export function nameOf(option: Extract<SignInAnswer, { readonly options: unknown }>['options'][number]): string {
  switch (option.method) {
    case 'external-login':
      return `by:${option.identityProvider}`;
    case 'second-factor':
      return option.factor;
    case 'password':
    case 'passkey':
      return option.method;
  }
}
