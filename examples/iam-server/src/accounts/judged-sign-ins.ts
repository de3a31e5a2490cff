import { describeSignIn, evaluateSignIn, type LoginPolicies, type SignInAnswer } from '@login-policy/domain';
import type { SignInSession } from '@login-policy/domain/model';
import type { User } from '../data/iam-facts.js';
import {
  codeNeeded,
  impossibleToSignIn,
  passkeyNeeded,
  passkeyNotAllowed,
  setUpNeeded,
  wrongCode,
  type Refusal,
} from '../http/refusal.js';
import type { Passkeys } from '../passkeys/passkeys.js';
import type { AuthenticatorApps } from './authenticator-apps.js';
import type { Instance } from './instances.js';

/** What a user has shown: the right password, and perhaps a code; or a passkey. */
export type Shown = { readonly by: 'password'; readonly code: string | undefined } | { readonly by: 'passkey' };

interface Owner {
  readonly instance: Instance;
  readonly user: User;
}

/** They are in until then, or this is what they are told. */
export type Judged = { readonly until: Date | undefined } | { readonly refusal: Refusal };

type Factor = 'TOTP' | 'U2F_WITH_VERIFICATION';

const APP: Factor = 'TOTP';
const PASSKEY: Factor = 'U2F_WITH_VERIFICATION';

/** How long a sign-in waits for a policy that is fresh. */
const WAIT_MS = 1000;

/**
 * Asks the login policy of the instance whether what a user has shown is enough (docs/how-to/sign-in.md). Its users belong to no
 * organization, so the default policy is theirs. They have a password, and an authenticator app and passkeys if they set them up.
 */
export class JudgedSignIns {
  readonly #policies: LoginPolicies;
  readonly #apps: AuthenticatorApps;
  readonly #passkeys: Passkeys;

  constructor(policies: LoginPolicies, apps: AuthenticatorApps, passkeys: Passkeys) {
    this.#policies = policies;
    this.#apps = apps;
    this.#passkeys = passkeys;
  }

  /** @throws Fault where the policy can't be read: then nobody is let in. */
  async judge(owner: Owner, shown: Shown): Promise<Judged> {
    const isReady = await this.#apps.isReady(owner.instance, owner.user);
    const hasPasskey = (await this.#passkeys.list(owner)).length > 0;
    const factors = [...(isReady ? [APP] : []), ...(hasPasskey ? [PASSKEY] : [])];
    if (shown.by === 'passkey') {
      const answer = await this.#evaluate(owner, factors, (at) => ({ passkey: { at, isUserVerified: true } }));
      return answer.outcome === 'proceed' ? inUntil(answer) : { refusal: passkeyNotAllowed(describeSignIn(answer)) };
    }
    const answer = await this.#evaluate(owner, factors, (at) => ({ password: at }));
    if (answer.outcome === 'proceed') return inUntil(answer);
    const { code } = shown;
    const refusal = await this.#asksFor(answer, owner, code !== undefined);
    if (refusal !== undefined || code === undefined) return { refusal: refusal ?? codeNeeded() };
    if (!(await this.#apps.verify(owner.instance, owner.user, code))) return { refusal: wrongCode() };
    const verified = await this.#evaluate(owner, [APP, ...factors], (at) => ({
      password: at,
      secondFactors: [{ factor: 'TOTP', at }],
    }));
    if (verified.outcome === 'proceed') return inUntil(verified);
    return { refusal: impossibleToSignIn(describeSignIn(verified)) };
  }

  /** What a user is told who has shown the password alone; `undefined` where a code is asked for. */
  async #asksFor(answer: SignInAnswer, { instance, user }: Owner, hasCode: boolean): Promise<Refusal | undefined> {
    const options = 'options' in answer ? answer.options : [];
    const isByApp = options.some((option) => option.method === 'second-factor' && option.factor === APP);
    if (isByApp && (answer.outcome === 'verify' || hasCode)) return undefined;
    if (isByApp) return setUpNeeded(await this.#apps.keyFor(instance, user));
    const isByPasskey = answer.outcome !== 'set-up' && options.some((option) => option.method === 'passkey');
    return isByPasskey ? passkeyNeeded() : impossibleToSignIn(describeSignIn(answer));
  }

  async #evaluate(
    { instance }: Owner,
    factors: readonly Factor[],
    sessionAt: (at: Date) => SignInSession,
  ): Promise<SignInAnswer> {
    const policy = await this.#policies.policy({ instanceId: instance.id }, { waitMs: WAIT_MS });
    // What is shown comes together, in one request.
    const at = new Date();
    return evaluateSignIn(policy, {
      user: { hasPassword: true, factors, identityProviders: [] },
      session: sessionAt(at),
      request: { startedAt: at },
      at,
    });
  }
}

function inUntil(answer: SignInAnswer): Judged {
  return { until: 'validUntil' in answer ? answer.validUntil : undefined };
}
