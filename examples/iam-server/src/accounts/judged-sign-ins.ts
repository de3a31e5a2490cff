import { describeSignIn, evaluateSignIn, type SignInAnswer } from '@login-policy/domain';
import {
  codeNeeded,
  impossibleToSignIn,
  passkeyNeeded,
  passkeyNotAllowed,
  setUpNeeded,
  wrongCode,
  type Refusal,
} from '../http/refusal.js';
import type { Judgement } from '@login-policy/domain/model';
import type { AuthenticatorApps } from './authenticator-apps.js';
import type { Account, Credential } from './people.js';
import type { JudgedOnce } from '../sign-ins/recorded-sign-ins.js';
import { ownerOf, signInOf, type SignInPolicies } from './sign-in-policies.js';

/** The credential that a user has shown: the right password, possibly with a code; or a passkey. */
export interface Proof {
  readonly credential: Credential;
  readonly code?: string | undefined;
}

/** A user of an instance. */
export interface Owner {
  readonly instance: { readonly id: string; readonly name: string };
  readonly account: Account;
}

/** The credentials that were verified and are enough, or the answer to the user. */
export type Judged =
  | { readonly verified: readonly Credential[]; readonly upcoming?: Judgement['upcoming'] }
  | { readonly refusal: Refusal };

const APP = 'TOTP' as const;

/** Asks the login policy whether what a user has shown is enough, and otherwise for what is missing. */
export class JudgedSignIns {
  readonly #policies: SignInPolicies;
  readonly #apps: AuthenticatorApps;
  readonly #record: (judged: JudgedOnce) => void;

  /** `record` is told of each sign-in, as it was judged last. */
  constructor(policies: SignInPolicies, apps: AuthenticatorApps, record: (judged: JudgedOnce) => void) {
    this.#policies = policies;
    this.#apps = apps;
    this.#record = record;
  }

  /** @throws Fault when the policy can't be read; then nobody is let in. */
  async judge(owner: Owner, { code, credential }: Proof): Promise<Judged> {
    let last = await this.#evaluate(owner, [credential]);
    try {
      const { answer } = last;
      if (answer.outcome === 'proceed') return { verified: [credential], ...upcomingOf(last) };
      if (credential.kind !== 'PASSWORD') return { refusal: passkeyNotAllowed(describeSignIn(answer)) };
      const refusal = await this.#asksFor(answer, owner, code === undefined ? 'password' : 'password and code');
      if (refusal !== undefined || code === undefined) return { refusal: refusal ?? codeNeeded() };
      const app = await this.#apps.verify(owner.account, code);
      if (app === undefined) return { refusal: wrongCode() };
      const verified = [credential, { ...app, isReady: true }];
      last = await this.#evaluate(owner, verified);
      return last.answer.outcome === 'proceed'
        ? { verified, ...upcomingOf(last) }
        : { refusal: impossibleToSignIn(describeSignIn(last.answer)) };
    } finally {
      this.#record(last);
    }
  }

  /** The answer to a user with only the password; `undefined` when a code is asked for. */
  async #asksFor(
    answer: SignInAnswer,
    { account, instance }: Owner,
    shown: 'password and code' | 'password',
  ): Promise<Refusal | undefined> {
    const options = 'options' in answer ? answer.options : [];
    const isByApp = options.some((option) => option.method === 'second-factor' && option.factor === APP);
    if (isByApp && (answer.outcome === 'verify' || shown === 'password and code')) return undefined;
    if (isByApp) return setUpNeeded(await this.#apps.keyFor(instance, account));
    const isByPasskey = answer.outcome !== 'set-up' && options.some((option) => option.method === 'passkey');
    return isByPasskey ? passkeyNeeded() : impossibleToSignIn(describeSignIn(answer));
  }

  /** All checks arrive in one request. */
  async #evaluate({ account, instance }: Owner, verified: readonly Credential[]): Promise<JudgedOnce> {
    const { credentials, now, user } = account;
    const others = credentials.filter(({ id, isReady }) => isReady && verified.every((one) => one.id !== id));
    const shown = [
      ...verified.map(({ kind }) => ({ kind, checkedAt: now })),
      ...others.map(({ kind, secret }) => ({ kind, ...(kind === 'LINK' && { provider: secret }) })),
    ];
    const policy = await this.#policies.of(ownerOf(instance.id, user));
    const signIn = signInOf({ user, credentials: shown, beganAt: now, now });
    return { instanceId: instance.id, user, signIn, answer: evaluateSignIn(policy, signIn), policy };
  }
}

/** What will change for the user, if anything. It is not a part of the record of the sign-in. */
function upcomingOf({ policy, signIn }: JudgedOnce): { readonly upcoming?: Judgement['upcoming'] } {
  if (policy.outcome === 'rejected' || policy.upcoming === undefined || policy.upcoming.length === 0) return {};
  const answer = evaluateSignIn(policy, signIn, policy.upcoming);
  return answer.outcome === 'rejected' || answer.upcoming === undefined ? {} : { upcoming: answer.upcoming };
}
