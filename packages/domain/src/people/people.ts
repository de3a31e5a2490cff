import { Deadline, isFault, type OptionRules, parseOptions, rule } from '@login-policy/event-sourcing';
import { orThrow, type InstanceRef, type LoginPolicies, type OwnerRef } from '../index.js';
import {
  ABSENT,
  answerOf,
  changesBy,
  isOrganization,
  parseOwner,
  verdictsBy,
  type PeopleAffected,
  type PeopleCount,
  type PeopleCounter,
  type PeopleQuestion,
  type PeopleUnknown,
  type UserSetUp,
  type Verdict,
} from '../model.js';
import { readCensus, type Census, type CensusOptions, type CountedClass } from './census.js';
import { Tallies } from './tallies.js';

/** How the users of an owner sign in by the policy that they meet now: how many at each level, or not at all. */
export type Population = Readonly<Record<Verdict, PeopleCount>>;

/** The options of a count. */
export interface CountOptions {
  /** Aborts the count. */
  readonly signal?: AbortSignal;
}

const COUNT: OptionRules<CountOptions> = { signal: rule.optional(rule.aSignal) };

type Wait = Pick<CensusOptions, 'signal'>;

/**
 * Who the users are: opened with the program's census, and handed to `openLoginPolicies` as `people`, so that previews
 * count the users whom a change affects and the guard refuses to lock them out (docs/how-to/who-can-still-get-in.md).
 *
 * @throws TypeError when the census is not a function.
 */
export function openPeople(census: Census): People {
  if (typeof census !== 'function') throw new TypeError('openPeople: census must be a function.');
  return new People(census);
}

/** The users that a census counts. Nothing is kept: each answer reads the census anew. */
export class People implements PeopleCounter {
  readonly #census: Census;

  /** Only for {@link openPeople}. */
  constructor(census: Census) {
    this.#census = census;
  }

  /** Counts the users of a change. For `openLoginPolicies`; a program asks a preview. @throws why it is unknown. */
  async affectedBy({ after, before, listed, notReached, owner }: PeopleQuestion, wait: Wait): Promise<PeopleAffected> {
    const [tallies, changeFor] = [new Tallies(), changesBy(before, after)];
    const count = (one: CountedClass): void => tallies.add(changeFor(one), one);
    if (isOrganization(owner)) {
      await this.#read(owner, wait, (one) => {
        if (one.organizationId === owner.organizationId) count(one);
      });
      return tallies.affected();
    }
    const skipped = new Set<string>();
    for await (const page of notReached(owner)) for (const { organizationId } of page) skipped.add(organizationId);
    const known = listed && (await setOf(listed(owner)));
    await this.#read(owner, wait, (one) => {
      const { organizationId } = one;
      if (organizationId !== undefined && known?.has(organizationId) === false)
        throw new Error(`the census counts users of the organization ${organizationId}, which does not exist`);
      if (organizationId === undefined || !skipped.has(organizationId)) count(one);
    });
    return tallies.affected();
  }

  /**
   * How the users of an organization sign in now, or those of an instance, each by the policy that they meet. What the
   * census can't say is unknown, with the reason.
   *
   * @throws Fault as the store does; an error that names a malformed owner or option.
   */
  async population(
    policies: LoginPolicies,
    owner: OwnerRef,
    options: CountOptions = {},
  ): Promise<Population | PeopleUnknown> {
    const wait = parseOptions(options, 'population', COUNT);
    const of = parseOwner(owner, 'owner');
    if (typeof policies?.effectivePolicy !== 'function')
      throw new TypeError('population: policies must be what openLoginPolicies returned');
    // A census that hangs keeps nobody who has given up.
    return Deadline.run('a count of users', wait, (deadline) => deadline.wait(this.#population(policies, of, wait)));
  }

  async #population(policies: LoginPolicies, owner: OwnerRef, wait: CountOptions): Promise<Population | PeopleUnknown> {
    const verdictOn = isOrganization(owner)
      ? await verdictsIn(policies, owner, wait)
      : await verdictsInAll(policies, owner, wait);
    if ('unknown' in verdictOn) return verdictOn;
    const counts = emptyCounts();
    const wanted = isOrganization(owner) ? owner.organizationId : undefined;
    try {
      const take = (one: CountedClass): void => {
        if (wanted !== undefined && one.organizationId !== wanted) return;
        const count = counts[verdictOn(one)];
        count.users += one.users;
        count.administrators += one.administrators;
      };
      await answerOf('the census', { given: wait.signal, leftMs: Infinity }, (asked) => this.#read(owner, asked, take));
    } catch (caught) {
      wait.signal?.throwIfAborted();
      return unknownBy(caught);
    }
    return counts;
  }

  #read({ instanceId, organizationId }: OwnerRef, { signal }: Wait, take: (one: CountedClass) => void): Promise<void> {
    const only = organizationId === undefined ? {} : { organizationId };
    return readCensus({ census: this.#census, instance: { instanceId }, signal, ...only }, take);
  }
}

type Counts = Record<Verdict, { users: number; administrators: number }>;

function emptyCounts(): Counts {
  const none = (): Counts[Verdict] => ({ users: 0, administrators: 0 });
  return {
    passkey: none(),
    'two-factors': none(),
    'one-factor': none(),
    'set-up': none(),
    'no-factor-left': none(),
    'no-way-to-sign-in': none(),
  };
}

async function setOf(ids: AsyncIterable<string>): Promise<ReadonlySet<string>> {
  const all = new Set<string>();
  for await (const id of ids) all.add(id);
  return all;
}

type Judge = (user: UserSetUp) => Verdict;

/**
 * The verdicts of the policy that an owner's users meet; without any, nobody gets in. A link to an identity provider that
 * does not exist is no way in: unknown if the directory fails.
 */
async function verdictsIn(
  policies: LoginPolicies,
  owner: OwnerRef,
  wait: CountOptions,
): Promise<Judge | PeopleUnknown> {
  const answer = isOrganization(owner)
    ? await policies.effectivePolicy(owner, wait)
    : await policies.policy(owner, wait);
  const isAbsent = answer.outcome === 'rejected' && answer.rejection.reason === 'policy-not-found';
  if (isAbsent) return verdictsBy(ABSENT);
  const { policy } = orThrow(answer);
  const linked = policy.identityProviders;
  if (!policies.namesIdentityProviders || linked.length === 0) return verdictsBy(policy);
  try {
    const known = orThrow(await policies.knownIdentityProviders(owner, linked, wait));
    const ids = new Set(known.identityProviders.map(({ id }) => id));
    return verdictsBy({ ...policy, identityProviders: linked.filter(({ id }) => ids.has(id)) });
  } catch (caught) {
    wait.signal?.throwIfAborted();
    return unknownBy(caught);
  }
}

function unknownBy(caught: unknown): PeopleUnknown {
  return { unknown: caught instanceof Error ? caught.message : String(caught) };
}

/** A judge that throws, for a policy that can't be read or whose directory fails: it matters only if it has users. */
async function judgeOf(policies: LoginPolicies, owner: OwnerRef, wait: CountOptions): Promise<Judge> {
  const verdicts = await verdictsIn(policies, owner, wait).catch((caught: unknown): PeopleUnknown => {
    const isOfThisPolicy = UNREADABLE.some((code) => isFault(caught, code));
    if (isOfThisPolicy) return unknownBy(caught);
    throw caught;
  });
  if (!('unknown' in verdicts)) return verdicts;
  return () => {
    throw new Error(verdicts.unknown);
  };
}

const UNREADABLE = ['written-by-newer-program', 'unreadable-event', 'store-damaged'] as const;
const POLICIES_PER_PAGE = 500;

/** The verdicts on all users of an instance: custom policies are read one after another. */
async function verdictsInAll(
  policies: LoginPolicies,
  { instanceId }: InstanceRef,
  wait: CountOptions,
): Promise<(one: CountedClass) => Verdict> {
  const byDefault = await judgeOf(policies, { instanceId }, wait);
  const custom = new Map<string, Judge>();
  for (let after: string | undefined; ;) {
    const page = { limit: POLICIES_PER_PAGE, ...wait, ...(after !== undefined && { after }) };
    const { organizations, next } = orThrow(await policies.organizationsWithCustomPolicy({ instanceId }, page));
    for (const organization of organizations) {
      wait.signal?.throwIfAborted();
      custom.set(organization.organizationId, await judgeOf(policies, organization, wait));
    }
    if (next === undefined) break;
    after = next;
  }
  return (one) => ((one.organizationId !== undefined && custom.get(one.organizationId)) || byDefault)(one);
}
