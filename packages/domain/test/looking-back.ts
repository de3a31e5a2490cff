import {
  evaluateSignIn,
  orThrow,
  type LoginPolicies,
  type OwnerRef,
  type SignIn,
  type SignInAttempt,
} from '@login-policy/domain';
import {
  backtest,
  policiesAfter,
  policiesThen,
  signInRecorder,
  type Backtest,
  type BacktestOptions,
  type ProposedChange,
  type RecordSource,
} from '@login-policy/domain/backtest';
import { isOrganization, type SignInPolicy } from '@login-policy/domain/model';

/** The instant of every sign-in. */
export const AT = '2026-12-01T08:30:00.000Z';

/** A sign-in by a password that was just checked, and other checks. */
export function byPassword(
  user: Partial<SignInAttempt['user']> = {},
  session: Partial<SignInAttempt['session']> = {},
): SignIn {
  return {
    user: { hasPassword: true, factors: [], identityProviders: [], ...user },
    session: { password: AT, ...session },
    request: { startedAt: AT },
    at: AT,
  };
}

/** Records of sign-ins as a program with these policies writes them. */
export class Recorded {
  readonly #policies: LoginPolicies;
  readonly lines: string[] = [];
  readonly #recorder = signInRecorder({ write: (lines) => void this.lines.push(lines) });

  constructor(policies: LoginPolicies) {
    this.#policies = policies;
  }

  async signIn(
    owner: OwnerRef,
    signIn: SignIn,
    others: { isAdministrator?: boolean; reportOnly?: SignInPolicy } = {},
  ): Promise<void> {
    const answer = await (isOrganization(owner) ? this.#policies.effectivePolicy(owner) : this.#policies.policy(owner));
    this.#recorder.record({
      owner,
      user: 'a pseudonym',
      isAdministrator: false,
      signIn,
      answer: evaluateSignIn(answer, signIn),
      eventId: orThrow(answer).policy.eventId,
      ...others,
    });
  }

  get source(): RecordSource {
    return { name: 'sign-ins', text: this.lines };
  }

  /** What a change would have meant for them. */
  back(change: ProposedChange, options: Partial<BacktestOptions> = {}): Promise<Backtest> {
    const { source } = this;
    return backtest([source], {
      from: policiesThen(this.#policies),
      to: policiesAfter(this.#policies, change),
      ...options,
    });
  }
}
