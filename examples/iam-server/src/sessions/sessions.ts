import type { SignInAnswer } from '@login-policy/domain';
import type { SignInPolicy, UserSetUp } from '@login-policy/domain/model';
import type { Position } from '@login-policy/event-sourcing';
import type { Accounts } from '../accounts/accounts.js';
import { digestOf, newToken } from '../accounts/machine-tokens.js';
import type { Account, Credential, OpenSession, User } from '../accounts/people.js';
import { judged, ownerOf, setUpOf, type Freshness, type SignInPolicies } from '../accounts/sign-in-policies.js';

/** The lifetime of a session, unless it is ended before. */
export const SESSION_SECONDS = 28_800;
/** Re-judging has no waiting user. */
const LONG_WAIT_MS = 10_000;
const SWEEP_EVERY_MS = 3_600_000;

/** A signed-in user. */
export interface Session {
  readonly token: string;
  readonly user: User;
  /** What the user has to sign in with. */
  readonly has: UserSetUp;
  readonly beganAt: Date;
  readonly expiresAt: Date;
  /** The version of the directory. */
  readonly directory: string;
  /** The database's clock. */
  readonly now: number;
}

interface OfInstance {
  readonly id: string;
}

/**
 * Begins, finds and ends sessions. A session is a random token, stored as its hash, with the credentials it has
 * verified. It is judged at each use: by the login policy of then, and by the checks whose credentials still exist.
 */
export class Sessions {
  readonly #accounts: Accounts;
  readonly #policies: SignInPolicies;
  #sweptAt = -Infinity;

  constructor(accounts: Accounts, policies: SignInPolicies) {
    this.#accounts = accounts;
    this.#policies = policies;
  }

  /**
   * Begins a session of a user whose credentials were verified. It lasts {@link SESSION_SECONDS} at the most.
   *
   * @returns its token; `undefined` when a credential is no longer the user's
   */
  async begin(
    { id: instanceId }: OfInstance,
    { user }: Account,
    verified: readonly Credential[],
  ): Promise<string | undefined> {
    const token = tokenFor(user);
    const begun = await this.#accounts.beginSession({
      digest: digestOf(token),
      instanceId,
      userId: user.id,
      lastsMs: SESSION_SECONDS * 1000,
      verified: verified.map(({ id }) => id),
    });
    this.#sweepSometimes();
    return begun ? token : undefined;
  }

  /**
   * The session of a token in an instance; `undefined` when it has ended, or is not enough now.
   *
   * @throws Fault when that can't be found out: then nobody is let in
   */
  async find(token: string, { id: instanceId }: OfInstance, fresh?: Freshness): Promise<Session | undefined> {
    const owner = ownerOf(instanceId, { organizationId: organizationIn(token) });
    // Both at once: the token says whose policy it is. Nothing comes of a token that is not one.
    const reading = this.#policies.of(owner, fresh);
    reading.catch(() => undefined);
    const open = await this.#accounts.session(digestOf(token));
    if (open?.instanceId !== instanceId || open.until <= open.now) return undefined;
    const answer = judged(await reading, open);
    if (answer.outcome !== 'proceed') return undefined;
    return sessionOf(token, open, answer);
  }

  /** Ends a session for good. Idempotent. */
  async end(token: string): Promise<void> {
    await this.#accounts.endSession(digestOf(token));
  }

  /**
   * Ends the sessions that are not enough by the policy as of a position, so that they stay ended if it is changed back.
   * Each is judged by itself.
   *
   * @returns the users whose sessions were ended, and what went wrong with others.
   */
  async tidy(
    { instanceId, organizationId }: { readonly instanceId: string; readonly organizationId?: string | undefined },
    atLeast: Position,
  ): Promise<{ readonly ended: readonly string[]; readonly failures: readonly unknown[] }> {
    const [ended, failures]: [string[], unknown[]] = [[], []];
    const read = new Map<string | undefined, Promise<SignInPolicy>>();
    const policyOf = ({ organizationId: own }: User): Promise<SignInPolicy> => {
      const known =
        read.get(own) ??
        this.#policies.of(ownerOf(instanceId, { organizationId: own }), { atLeast, waitMs: LONG_WAIT_MS });
      read.set(own, known);
      return known;
    };
    for (const digest of await this.#accounts.sessions(instanceId, organizationId)) {
      try {
        const open = await this.#accounts.session(digest);
        if (open === undefined) continue;
        if (judged(await policyOf(open.user), open).outcome === 'proceed') continue;
        await this.#accounts.endSession(digest);
        ended.push(open.user.id);
      } catch (caught) {
        failures.push(caught);
      }
    }
    return { ended, failures };
  }

  /** In the background; what is left over is deleted the next time. */
  #sweepSometimes(): void {
    const now = performance.now();
    if (now - this.#sweptAt < SWEEP_EVERY_MS) return;
    this.#sweptAt = now;
    this.#accounts.sweep().catch(() => (this.#sweptAt = -Infinity));
  }
}

function sessionOf(
  token: string,
  { beganAt, credentials, directory, now, until, user }: OpenSession,
  { validUntil }: Extract<SignInAnswer, { readonly outcome: 'proceed' }>,
): Session {
  const expiresAt = new Date(Math.min(until, validUntil?.getTime() ?? until));
  return { token, user, has: setUpOf(credentials), beganAt: new Date(beganAt), expiresAt, directory, now };
}

/** A token nobody can guess. It says the user's organization, so that their policy can be read at once. */
function tokenFor({ organizationId }: User): string {
  return organizationId === undefined
    ? newToken()
    : `${newToken()}.${Buffer.from(organizationId).toString('base64url')}`;
}

function organizationIn(token: string): string | undefined {
  const [, encoded] = token.split('.');
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64url').toString();
}
