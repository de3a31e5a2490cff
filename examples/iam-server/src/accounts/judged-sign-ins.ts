import { describeSignIn, evaluateSignIn, type LoginPolicies, type SignInAnswer } from '@login-policy/domain';
import type { SignInRequest, SignInSession } from '@login-policy/domain/model';
import type { Position } from '@login-policy/event-sourcing';
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
import type { AuthenticatorApps } from './authenticator-apps.js';
import type { Instance } from './instances.js';
import type { OwnFactor, SetUpFactors } from './set-up-factors.js';

/** What a user has proved: the right password, possibly with a code; or a passkey. */
export type Shown = { readonly by: 'password'; readonly code: string | undefined } | { readonly by: 'passkey' };

/** A user of an instance. */
export interface Owner {
  readonly instance: Instance;
  readonly user: User;
}

/** The user is signed in until then, or gets this answer. */
export type Judged = LetIn | { readonly refusal: Refusal };

/** Until when the login policy accepts the checks. */
export interface LetIn {
  readonly until: Date | undefined;
  readonly verified: SignInSession;
}

const APP = 'TOTP' as const;

/** The checks of a session, and the position of the change that the policy must include. */
export interface OpenSession {
  readonly verified: SignInSession;
  readonly atLeast?: Position | undefined;
}

/** How long a sign-in waits for a fresh policy. */
const WAIT_MS = 1000;
/** Re-judging has no waiting user. */
const LONG_WAIT_MS = 10_000;

/**
 * Asks the instance's login policy whether a user's checks are sufficient (docs/how-to/sign-in.md). The server's own
 * users belong to no organization, so the default policy applies to them. They have a password, and optionally an
 * authenticator app and passkeys.
 */
export class JudgedSignIns {
  readonly #policies: LoginPolicies;
  readonly #apps: AuthenticatorApps;
  readonly #setUp: SetUpFactors;

  constructor(policies: LoginPolicies, apps: AuthenticatorApps, setUp: SetUpFactors) {
    this.#policies = policies;
    this.#apps = apps;
    this.#setUp = setUp;
  }

  /** @throws Fault when the policy can't be read; then nobody is let in. */
  async judge(owner: Owner, shown: Shown): Promise<Judged> {
    const factors = await this.#setUp.of(owner);
    const at = new Date().toISOString();
    if (shown.by === 'passkey') {
      const verified = { passkey: { at, isUserVerified: true } };
      const answer = await this.#evaluate(owner, factors, { at, verified });
      return letIn(answer, verified) ?? { refusal: passkeyNotAllowed(describeSignIn(answer)) };
    }
    const byPassword = { password: at };
    const answer = await this.#evaluate(owner, factors, { at, verified: byPassword });
    const isIn = letIn(answer, byPassword);
    if (isIn !== undefined) return isIn;
    const { code } = shown;
    const refusal = await this.#asksFor(answer, owner, code !== undefined);
    if (refusal !== undefined || code === undefined) return { refusal: refusal ?? codeNeeded() };
    if (!(await this.#apps.verify(owner.instance, owner.user, code))) return { refusal: wrongCode() };
    const verified = { password: at, secondFactors: [{ factor: APP, at }] };
    const withCode = await this.#evaluate(owner, [APP, ...factors], { at, verified });
    return letIn(withCode, verified) ?? { refusal: impossibleToSignIn(describeSignIn(withCode)) };
  }

  /**
   * Whether the checks of an open session are still sufficient under the changed policy, and until when.
   *
   * @throws Fault when the policy can't be read.
   */
  async judgeAnew(owner: Owner, { verified, atLeast }: OpenSession): Promise<LetIn | undefined> {
    const freshness = { waitMs: LONG_WAIT_MS, ...(atLeast !== undefined && { atLeast }) };
    const policy = await this.#policies.policy({ instanceId: owner.instance.id }, freshness);
    const answer = evaluateSignIn(policy, {
      user: { hasPassword: true, factors: await this.#setUp.of(owner), identityProviders: [] },
      session: verified,
      request: requestOf(verified),
      at: new Date(),
    });
    return letIn(answer, verified);
  }

  /** The answer to a user with only the password; `undefined` when a code is asked for. */
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
    factors: readonly OwnFactor[],
    { at, verified }: { readonly at: string; readonly verified: SignInSession },
  ): Promise<SignInAnswer> {
    const policy = await this.#policies.policy({ instanceId: instance.id }, { waitMs: WAIT_MS });
    // All checks arrive in one request.
    return evaluateSignIn(policy, {
      user: { hasPassword: true, factors, identityProviders: [] },
      session: verified,
      request: { startedAt: at },
      at,
    });
  }
}

/** A check that is required for every request only counts in the sign-in itself. */
function requestOf({ passkey, password }: SignInSession): SignInRequest {
  const startedAt = password ?? passkey?.at;
  return startedAt === undefined ? {} : { startedAt };
}

function letIn(answer: SignInAnswer, verified: SignInSession): LetIn | undefined {
  return answer.outcome === 'proceed' ? { until: answer.validUntil, verified } : undefined;
}
