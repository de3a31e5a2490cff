import type { Deadline, Freshness } from '@login-policy/event-sourcing';
import {
  linksOf,
  unknownAmong,
  withoutUnknown,
  type IdentityProviderDirectory,
} from '../policy/identity-provider-directory.js';
import type { LoginPolicy } from '../policy/login-policy.js';
import type { Instance, Organization, Owner } from '../policy/owner.js';
import {
  NO_CENSUS,
  type PeopleAffected,
  type PeopleCounter,
  type PeopleQuestion,
  type PeopleUnknown,
} from './people.js';
import { judgesAlike } from './user-change.js';

/** What a count of users is made from. */
export interface CountingSources {
  readonly people: PeopleCounter | undefined;
  readonly identityProviders: IdentityProviderDirectory | undefined;
  /** The organizations with a custom policy, some at a time. */
  readonly customized: (instance: Instance, freshness: Freshness) => AsyncIterable<readonly Organization[]>;
  /** Lists the organizations of an instance; `undefined` if nothing does. */
  readonly listed: ((instance: Instance, deadline: Deadline) => AsyncIterable<string>) | undefined;
}

/** A change of the policy that an owner's users meet. */
export interface MetChange {
  readonly owner: Owner;
  readonly before: LoginPolicy;
  readonly after: LoginPolicy;
  /** For an instance: organizations that the same plan gives a step of their own. */
  readonly besides?: readonly Organization[] | undefined;
}

/**
 * The same change without the links to identity providers that do not exist, which are no way in.
 *
 * @throws what the directory throws.
 */
async function amongExisting(
  { owner, before, after, besides }: MetChange,
  directory: IdentityProviderDirectory | undefined,
  deadline: Deadline,
): Promise<MetChange> {
  const linked = { owner, identityProviders: [...linksOf(before), ...linksOf(after)] };
  const unknown = await unknownAmong(directory, linked, deadline);
  return { owner, before: withoutUnknown(before, unknown), after: withoutUnknown(after, unknown), besides };
}

/** The longest that a census may take in all. */
const LONGEST_MS = 30_000;

/**
 * Counts the users whom a change affects, or tells why that is unknown; `undefined` if both policies judge everybody
 * alike. A linked identity provider that its directory does not know is no way in.
 *
 * @throws DeadlineExceeded when the caller has given up.
 */
export async function countPeople(
  { owner, before, after, besides = [] }: MetChange,
  sources: CountingSources,
  caller: Deadline,
): Promise<PeopleAffected | PeopleUnknown | undefined> {
  if (judgesAlike(before, after)) return undefined;
  const { people, customized, listed } = sources;
  if (people === undefined) return NO_CENSUS;
  // Some of the caller's time stays, to answer that it is unknown.
  const deadline = caller.atMost(Math.min(LONGEST_MS, 0.8 * caller.leftMs));
  async function* notReached(instance: Instance): AsyncGenerator<readonly Organization[], void, undefined> {
    yield besides;
    yield* customized(instance, { signal: deadline.signal, waitMs: deadline.leftMs });
  }
  try {
    const met = await amongExisting({ owner, before, after }, sources.identityProviders, deadline);
    const question: PeopleQuestion = {
      ...met,
      notReached,
      listed: listed && ((instance) => listed(instance, deadline)),
    };
    return await deadline.wait(people.affectedBy(question, deadline));
  } catch (caught) {
    caller.throwIfOver();
    return {
      unknown: `Who is affected can't be counted: ${caught instanceof Error ? caught.message : String(caught)}`,
    };
  } finally {
    deadline.end();
  }
}

/** A change without the links that are no way in, and the users whom it affects, as by {@link countPeople}. */
export async function changeForPeople(
  given: MetChange,
  sources: CountingSources,
  deadline: Deadline,
): Promise<{ readonly change: MetChange; readonly people: PeopleAffected | PeopleUnknown | undefined }> {
  const change = await amongExisting(given, sources.identityProviders, deadline);
  // They were looked up above.
  const people = await countPeople(change, { ...sources, identityProviders: undefined }, deadline);
  return { change, people };
}
