import { describeSignIn, evaluateSignIn, type LoginPolicies, type SignInAnswer } from '@login-policy/domain';
import type { User } from '../data/iam-facts.js';
import { codeNeeded, impossibleToSignIn, setUpNeeded, wrongCode, type Refusal } from '../http/refusal.js';
import type { AuthenticatorApps } from './authenticator-apps.js';
import type { Instance } from './instances.js';

/** What a user has shown: the right password, and perhaps a code. */
interface Shown {
  readonly instance: Instance;
  readonly user: User;
  readonly code: string | undefined;
}

/** They are in until then, or this is what they are told. */
export type Judged = { readonly until: Date | undefined } | { readonly refusal: Refusal };

/** How long a sign-in waits for a policy that is fresh. */
const WAIT_MS = 1000;

/**
 * Asks the login policy of the instance whether a user who knows the password is in (docs/how-to/sign-in.md). Its users belong to no
 * organization, so the default policy is theirs. They have a password, and an authenticator app if they set one up.
 */
export class JudgedSignIns {
  readonly #policies: LoginPolicies;
  readonly #apps: AuthenticatorApps;

  constructor(policies: LoginPolicies, apps: AuthenticatorApps) {
    this.#policies = policies;
    this.#apps = apps;
  }

  /** @throws Fault where the policy can't be read: then nobody is let in. */
  async judge({ code, instance, user }: Shown): Promise<Judged> {
    const isReady = await this.#apps.isReady(instance, user);
    const answer = await this.#evaluate(instance, { isReady, isVerified: false });
    const asked = askedFor(answer);
    if (asked === 'nothing') return inUntil(answer);
    if (asked === 'what this server has not') return { refusal: impossibleToSignIn(describeSignIn(answer)) };
    if (code === undefined) {
      if (asked === 'code') return { refusal: codeNeeded() };
      return { refusal: setUpNeeded(await this.#apps.keyFor(instance, user)) };
    }
    if (!(await this.#apps.verify(instance, user, code))) return { refusal: wrongCode() };
    const verified = await this.#evaluate(instance, { isReady: true, isVerified: true });
    return askedFor(verified) === 'nothing'
      ? inUntil(verified)
      : { refusal: impossibleToSignIn(describeSignIn(verified)) };
  }

  async #evaluate(
    instance: Instance,
    { isReady, isVerified }: { readonly isReady: boolean; readonly isVerified: boolean },
  ): Promise<SignInAnswer> {
    const policy = await this.#policies.policy({ instanceId: instance.id }, { waitMs: WAIT_MS });
    // The password and the code come together, in one request.
    const at = new Date();
    return evaluateSignIn(policy, {
      user: { hasPassword: true, factors: isReady ? ['TOTP'] : [], identityProviders: [] },
      session: { password: at, secondFactors: isVerified ? [{ factor: 'TOTP', at }] : [] },
      request: { startedAt: at },
      at,
    });
  }
}

function inUntil(answer: SignInAnswer): Judged {
  return { until: 'validUntil' in answer ? answer.validUntil : undefined };
}

function askedFor(answer: SignInAnswer): 'nothing' | 'code' | 'set-up' | 'what this server has not' {
  if (answer.outcome === 'proceed') return 'nothing';
  const isByApp =
    'options' in answer &&
    answer.options.some((option) => option.method === 'second-factor' && option.factor === 'TOTP');
  if (!isByApp) return 'what this server has not';
  return answer.outcome === 'verify' ? 'code' : 'set-up';
}
