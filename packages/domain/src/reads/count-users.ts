import type { Freshness } from '@login-policy/event-sourcing';
import { Deadline } from '@login-policy/event-sourcing/domain';
import { InvalidValue } from '../input/invalid-value.js';
import type { MultiFactor, SecondFactor } from '../policy/factors.js';
import type { LoginPolicy } from '../policy/login-policy.js';
import { isOrganization, type Organization, type Owner, type OwnerRef } from '../policy/owner.js';
import { inLanes } from '../rollout/in-lanes.js';

/** Users by what they have set up: one of some factors, and none of others. */
export interface UsersWanted {
  readonly having: readonly (SecondFactor | MultiFactor)[];
  readonly havingNone: readonly (SecondFactor | MultiFactor)[];
}

/**
 * Counts the users of an organization, or all users of an instance, who have set up at least one factor of `having` and none of
 * `havingNone`. Optional: without one, a preview says that it does not know.
 */
export type CountUsers = (
  owner: OwnerRef,
  wanted: UsersWanted,
  wait: Pick<Deadline, 'signal'>,
) => number | Promise<number>;

/** How many users a removal of factors hits; `unknown` where nobody counts them, or the count failed or took over 5 seconds. */
export interface AffectedUsers {
  /** Users who have set up what is removed. */
  readonly having: number | 'unknown';
  /** Those among them who have set up nothing that stays on the policy. */
  readonly havingNothingElse: number | 'unknown';
}

const UNKNOWN: AffectedUsers = Object.freeze({ having: 'unknown', havingNothingElse: 'unknown' });
const LONGEST_WAIT_MS = 5000;
const AT_ONCE = 16;
/** The users of each have to be counted, to be taken off those of the instance. */
export const MOST_CUSTOM_POLICIES = 1000;

/** What is asked for, and with whom. */
interface Counting {
  readonly of: Owner;
  readonly countUsers: CountUsers | undefined;
  /** The organizations with a policy of their own, whose users a change of the default does not reach. */
  readonly customized: () => Promise<readonly Organization[]>;
  readonly freshness: Freshness;
}

/** Counts the users whom a change takes a factor from; `undefined` of a change that takes none. */
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
  const deadline = new Deadline('a count of users', { signal: freshness.signal, waitMs });
  const count = (owner: Owner, havingNone: UsersWanted['havingNone']): Promise<number> =>
    deadline.wait(counted(countUsers, owner, { wanted: { having, havingNone }, wait: deadline }));
  try {
    const [all, withoutOther] = await Promise.all([
      hit(counting, (one) => count(one, [])),
      hit(counting, (one) => count(one, stays)),
    ]);
    return { having: all, havingNothingElse: withoutOther };
  } catch (caught) {
    if (caught instanceof InvalidValue || freshness.signal?.aborted === true) throw caught;
    return UNKNOWN;
  } finally {
    deadline.end();
  }
}

/** Of an instance: all its users but those of the organizations that a change of the default does not reach. */
async function hit(
  { of, customized }: Counting,
  count: (owner: Owner) => Promise<number>,
): Promise<number | 'unknown'> {
  if (isOrganization(of)) return count(of);
  const others = await customized();
  if (others.length > MOST_CUSTOM_POLICIES) return 'unknown';
  let left = await count(of);
  await inLanes(others, AT_ONCE, async (one) => {
    left -= await count(one);
  });
  return Math.max(0, left);
}

/** @throws InvalidValue for what is not a count: the program that answered it is broken. */
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
