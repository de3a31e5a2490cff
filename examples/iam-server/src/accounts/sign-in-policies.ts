import {
  evaluateSignIn,
  type LoginPolicies,
  type OwnerRef,
  type ReadAnswer,
  type SignIn,
  type SignInAnswer,
} from '@login-policy/domain';
import {
  isOrganization,
  type PolicyFound,
  type SignInPolicy,
  type SignInSession,
  type UserSetUp,
} from '@login-policy/domain/model';
import { Fault, type Position } from '@login-policy/event-sourcing';
import type { OpenSession, Shown, User } from './people.js';

/** How long a sign-in waits for a fresh policy. */
const WAIT_MS = 1000;

/**
 * How fresh a policy must be: as each read is by default, which on EventStoreDB may be some seconds; as of now, whatever
 * was recorded anywhere; or as of a position.
 */
export type Freshness = 'as of now' | 'by default' | { readonly atLeast: Position; readonly waitMs: number };

/** The policies that sign-ins and sessions are judged by. */
export class SignInPolicies {
  readonly #policies: Pick<LoginPolicies, 'effectivePolicy' | 'policy'>;
  readonly #head: () => Promise<Position>;

  constructor(policies: Pick<LoginPolicies, 'effectivePolicy' | 'policy'>, head: () => Promise<Position>) {
    this.#policies = policies;
    this.#head = head;
  }

  /**
   * The policy that holds for an organization's users, or for those of an instance.
   *
   * @throws Fault store-unavailable when it can't be read, whatever the reason: nobody is let in by it, and later they
   *   may be
   */
  async of(owner: OwnerRef, fresh: Freshness = 'by default'): Promise<ReadAnswer<PolicyFound>> {
    try {
      const options = await this.#optionsOf(fresh);
      return await (isOrganization(owner)
        ? this.#policies.effectivePolicy(owner, options)
        : this.#policies.policy(owner, options));
    } catch (caught) {
      const problem = caught instanceof Error ? caught.message : String(caught);
      throw new Fault('store-unavailable', { store: 'A login policy', problem }, caught);
    }
  }

  async #optionsOf(fresh: Freshness): Promise<{ readonly atLeast?: Position; readonly waitMs: number }> {
    if (fresh === 'by default') return { waitMs: WAIT_MS };
    return fresh === 'as of now' ? { waitMs: WAIT_MS, atLeast: await this.#head() } : fresh;
  }
}

/** Whose policy a user signs in by. */
export function ownerOf(instanceId: string, { organizationId }: Pick<User, 'organizationId'>): OwnerRef {
  return organizationId === undefined ? { instanceId } : { instanceId, organizationId };
}

/** What is judged: a user's credentials, those among them that were verified, and when. */
export interface ToJudge extends Pick<OpenSession, 'beganAt' | 'credentials' | 'now'> {
  readonly user: Pick<User, 'mfaSkippedAt'>;
  readonly until?: number;
}

/**
 * Judges the checks of a sign-in or session (docs/how-to/sign-in.md). Only a credential that the user still has counts,
 * because only those are there. A check that is required for every request counts in its own sign-in alone.
 */
export function judged(policy: SignInPolicy, toJudge: ToJudge): SignInAnswer {
  return evaluateSignIn(policy, signInOf(toJudge));
}

/** The same as the input of `evaluateSignIn`. */
export function signInOf({ beganAt, credentials, now, until, user }: ToJudge): SignIn {
  return {
    user: {
      ...setUpOf(credentials),
      ...(user.mfaSkippedAt !== undefined && { mfaInitSkippedAt: instantOf(user.mfaSkippedAt) }),
    },
    session: { ...checksOf(credentials), ...(until !== undefined && { expiresAt: instantOf(until) }) },
    request: { startedAt: instantOf(beganAt) },
    at: instantOf(now),
  };
}

/** What a user has to sign in with. */
export function setUpOf(credentials: readonly Shown[]): UserSetUp {
  return {
    hasPassword: credentials.some(({ kind }) => kind === 'PASSWORD'),
    factors: credentials.map(({ kind }) => kind).filter((kind) => kind !== 'PASSWORD' && kind !== 'LINK'),
    identityProviders: credentials.flatMap(({ provider }) => provider ?? []),
  };
}

function checksOf(credentials: readonly Shown[]): SignInSession {
  const session: { -readonly [Kind in keyof SignInSession]: SignInSession[Kind] } = {};
  for (const { checkedAt, kind, provider = '' } of credentials) {
    if (checkedAt === undefined) continue;
    const at = instantOf(checkedAt);
    if (kind === 'PASSWORD') session.password = at;
    else if (kind === 'LINK') session.externalLogin = { identityProvider: provider, at };
    else if (kind === 'U2F_WITH_VERIFICATION') session.passkey = { at, isUserVerified: true };
    else session.secondFactors = [...(session.secondFactors ?? []), { factor: kind, at }];
  }
  return session;
}

function instantOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
