import type { Freshness } from '@login-policy/event-sourcing';
import { Deadline } from '@login-policy/event-sourcing/domain';
import { InvalidValue } from '../input/invalid-value.js';
import type { MultiFactor, SecondFactor } from '../policy/factors.js';
import type { LoginPolicy } from '../policy/login-policy.js';
import { isOrganization, type Organization, type Owner, type OwnerRef } from '../policy/owner.js';
import { forEachConcurrently } from '../rollout/concurrently.js';

/** Users by their factors: at least one of `having`, none of `havingNone`. */
export interface UsersWanted {
  readonly having: readonly (SecondFactor | MultiFactor)[];
  readonly havingNone: readonly (SecondFactor | MultiFactor)[];
}

/**
 * Counts the users of an organization, or all users of an instance, who have set up at least one factor of `having` and
 * none of `havingNone`. Optional: without it, a preview says that the number is unknown.
 */
export type CountUsers = (
  owner: OwnerRef,
  wanted: UsersWanted,
  wait: Pick<Deadline, 'signal'>,
) => number | Promise<number>;

/**
 * How many users a removal of factors affects; `unknown` when there is no `countUsers`, or the count failed or took
 * over 5 seconds.
 */
export interface AffectedUsers {
  /** Users who have set up what is removed. */
  readonly having: number | 'unknown';
  /** Of these, users who have set up nothing that stays on the policy. */
  readonly havingNothingElse: number | 'unknown';
}

const UNKNOWN: AffectedUsers = Object.freeze({ having: 'unknown', havingNothingElse: 'unknown' });
const LONGEST_WAIT_MS = 5000;
const CONCURRENCY = 16;
/** The limit for counting each organization's users, to subtract them from the instance's. */
export const MOST_CUSTOM_POLICIES = 1000;

/** What to count, and how. */
interface Counting {
  readonly owner: Owner;
  readonly countUsers: CountUsers | undefined;
  /** The organizations with a custom policy, whose users a change of the default does not affect. */
  readonly customized: () => Promise<readonly Organization[]>;
  readonly freshness: Freshness;
}

/** Counts the users that lose a factor by a change; `undefined` for a change that removes none. */
export async function usersHit(
  before: LoginPolicy,
  after: LoginPolicy,
  counting: Counting,
): Promise<AffectedUsers | undefined> {
  const stays = factorsOf(after);
  const having = factorsOf(before).filter((factor) => !stays.includes(factor));
  if (having.length === 0) return undefined;
  const { countUsers, freshness } = counting;
  if (countUsers === undefined) return UNKNOWN;
  const waitMs = Math.min(LONGEST_WAIT_MS, freshness.waitMs ?? LONGEST_WAIT_MS);
  try {
    return await Deadline.run('a count of users', { signal: freshness.signal, waitMs }, async (deadline) => {
      const count = (owner: Owner, havingNone: UsersWanted['havingNone']): Promise<number> =>
        deadline.wait(counted(countUsers, owner, { wanted: { having, havingNone }, wait: deadline }));
      const [all, withoutOther] = await Promise.all([
        hit(counting, (one) => count(one, [])),
        hit(counting, (one) => count(one, stays)),
      ]);
      return { having: all, havingNothingElse: withoutOther };
    });
  } catch (caught) {
    if (caught instanceof InvalidValue || freshness.signal?.aborted === true) throw caught;
    return UNKNOWN;
  }
}

/** For an instance: all its users except those of organizations with a custom policy. */
async function hit(
  { owner, customized }: Counting,
  count: (counted: Owner) => Promise<number>,
): Promise<number | 'unknown'> {
  if (isOrganization(owner)) return count(owner);
  const others = await customized();
  if (others.length > MOST_CUSTOM_POLICIES) return 'unknown';
  const all = await count(owner);
  const counts: number[] = [];
  await forEachConcurrently(others, CONCURRENCY, async (one) => {
    counts.push(await count(one));
  });
  return Math.max(
    0,
    counts.reduce((left, one) => left - one, all),
  );
}

/** Checks a count. @throws InvalidValue when it is not a count, which is a defect of `countUsers`. */
async function counted(
  countUsers: CountUsers,
  owner: Owner,
  { wanted, wait }: { readonly wanted: UsersWanted; readonly wait: Pick<Deadline, 'signal'> },
): Promise<number> {
  const count: unknown = await countUsers(owner, wanted, wait);
  if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0) return count;
  throw new InvalidValue('the answer of countUsers', 'a whole number from 0 on', count);
}

function factorsOf(policy: LoginPolicy): readonly (SecondFactor | MultiFactor)[] {
  return policy.stage === 'active' ? [...policy.secondFactors, ...policy.multiFactors] : [];
}
