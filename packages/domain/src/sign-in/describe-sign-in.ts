import { joinInWords, shown } from '@login-policy/event-sourcing';
import { refuseNoAnswer } from '../input/refuse-no-answer.js';
import type { SecondFactor } from '../policy/factors.js';
import type { SignInImpossibility, SignInOption } from './sign-in.js';
import type { SignInAnswer } from './evaluate-sign-in.js';

const FACTORS: Readonly<Record<SecondFactor, string>> = {
  TOTP: 'an authenticator app',
  U2F: 'a security key',
  OTP_EMAIL: 'a code by e-mail',
  OTP_SMS: 'a code by SMS',
  RECOVERY_CODES: 'a recovery code',
};

const IMPOSSIBLE: Readonly<Record<SignInImpossibility, string>> = {
  'no-way-to-sign-in': 'There is no way for you to sign in here. Please ask your administrator.',
  'no-factor-left':
    'A second factor is required, and there is none that you can use or set up. Please ask your administrator.',
  'level-not-reachable':
    'This needs a stronger sign-in than you can do. Set up a passkey in your account first, if you may.',
};

/** The compiler demands each outcome here. */
const OUTCOMES: Readonly<Record<SignInAnswer['outcome'], true>> = {
  proceed: true,
  authenticate: true,
  verify: true,
  'set-up': true,
  impossible: true,
  rejected: true,
};

/** The outcomes of an answer about a sign-in. */
export const SIGN_IN_OUTCOMES: readonly string[] = Object.keys(OUTCOMES);

/**
 * Describes an answer to the user who signs in, in one or two English sentences. It does not reveal why an answer was
 * `rejected`: log that. A login page in another language, or with the names of its identity providers, needs its own
 * texts (docs/how-to/sign-in.md).
 *
 * @throws TypeError for anything but an answer, such as a promise of one.
 */
export function describeSignIn(answer: SignInAnswer): string {
  refuseNoAnswer(answer, 'describeSignIn', SIGN_IN_OUTCOMES);
  switch (answer.outcome) {
    case 'proceed':
      return 'You are signed in.';
    case 'authenticate':
      return `Sign in with ${namesOf(answer.options)}.`;
    case 'verify':
      return `Confirm that it is you, with ${namesOf(answer.options)}.`;
    case 'set-up':
      return `A second factor is required. Set up ${namesOf(answer.options)}.`;
    case 'impossible':
      return textOf(IMPOSSIBLE, 'answer.reason', answer.reason);
    case 'rejected':
      return 'Nobody can sign in at the moment. Please try again later.';
  }
}

function namesOf(options: readonly SignInOption[]): string {
  const names: readonly unknown[] = Array.isArray(options) ? options.map(nameIn) : [];
  if (names.length > 0 && names.every((name) => typeof name === 'string')) return joinInWords(names, 'disjunction');
  throw new TypeError('describeSignIn: answer.options must be a list of ways to sign in');
}

function nameIn(option: unknown): unknown {
  return isOption(option) ? nameOf(option) : undefined;
}

function isOption(option: unknown): option is SignInOption {
  return typeof option === 'object' && option !== null && 'method' in option;
}

function textOf<Name extends string>(texts: Readonly<Record<Name, string>>, field: string, name: Name): string {
  if (Object.hasOwn(texts, name)) return texts[name];
  throw new TypeError(`describeSignIn: ${field} must be one of ${joinInWords(Object.keys(texts))}, not ${shown(name)}`);
}

function nameOf(option: SignInOption): string {
  switch (option.method) {
    case 'password':
      return 'your password';
    case 'passkey':
      return 'a passkey';
    case 'external-login':
      return `your account at ${option.identityProvider}`;
    case 'second-factor':
      return textOf(FACTORS, 'the factor of an option', option.factor);
  }
}
