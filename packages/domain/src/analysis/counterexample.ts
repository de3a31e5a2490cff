import { evaluateSignIn, type SignIn, type SignInAnswer } from '../index.js';
import type { SignInRules } from '../model.js';

/** A sign-in that shows that a property does not hold: `evaluateSignIn` answers it so. */
export interface Counterexample {
  /** What happens, as a sentence. */
  readonly sentence: string;
  readonly signIn: SignIn;
  readonly answer: SignInAnswer;
}

/** Judges a sign-in. @throws Error for a policy that can't be judged. */
export function judged(policy: SignInRules, signIn: SignIn): SignInAnswer {
  const answer = evaluateSignIn(policy, signIn);
  if (answer.outcome === 'rejected') throw new Error(`the policy can't be analyzed: ${answer.message}`);
  return answer;
}

/** A counterexample, with its sentence. */
export function counterexample(signIn: SignIn, answer: SignInAnswer, what: string): Counterexample {
  return { sentence: `A user with ${possessionsOf(signIn)}, ${shownIn(signIn)}, ${what}.`, signIn, answer };
}

const NAMES: Readonly<Record<SignIn['user']['factors'][number], string>> = {
  TOTP: 'an authenticator app',
  U2F: 'a security key',
  OTP_EMAIL: 'codes by e-mail',
  OTP_SMS: 'codes by SMS',
  RECOVERY_CODES: 'recovery codes',
  U2F_WITH_VERIFICATION: 'a passkey',
};

function possessionsOf({ user: { factors, hasPassword, identityProviders } }: SignIn): string {
  const all = [
    ...(hasPassword ? ['a password'] : []),
    ...identityProviders.map((id) => `an account at ${id}`),
    ...factors.map((factor) => NAMES[factor]),
  ];
  return all.length === 0 ? 'nothing' : listed(all);
}

function shownIn({ at, session }: SignIn): string {
  const { externalLogin, passkey, password, secondFactors = [] } = session;
  const aged = (name: string, checkedAt: unknown): string => `${name}${ageOf(checkedAt, at)}`;
  const shown = [
    ...(password === undefined ? [] : [aged('the password', password)]),
    ...(externalLogin === undefined
      ? []
      : [aged(`the account at ${externalLogin.identityProvider}`, externalLogin.at)]),
    ...secondFactors.map(({ at: checkedAt, factor }) => aged(NAMES[factor].replace(/^an? /, 'the '), checkedAt)),
    ...(passkey === undefined ? [] : [aged('the passkey', passkey.at)]),
  ];
  return shown.length === 0 ? 'who has shown nothing' : `who has shown ${listed(shown)}`;
}

function ageOf(checkedAt: unknown, at: unknown): string {
  const ageMs = checkedAt instanceof Date && at instanceof Date ? at.getTime() - checkedAt.getTime() : 0;
  if (ageMs <= 0) return '';
  const hours = Math.floor(ageMs / 3_600_000);
  return hours === 0 ? ` over ${Math.floor(ageMs / 1000)} seconds ago` : ` over ${hours} hours ago`;
}

function listed(all: readonly string[]): string {
  return all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`;
}
