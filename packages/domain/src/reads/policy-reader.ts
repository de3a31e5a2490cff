import {
  Deadline,
  type Instant,
  isFault,
  type ProjectionRunner,
  type StateAt,
  type Store,
} from '@login-policy/event-sourcing';
import { readHistory, type History, type HistoryRead } from './history.js';
import type { LoginPolicyEvent } from '../policy/events.js';
import { foundIn, withSeen, type StateFound } from './found-rows.js';
import { effectivePolicy } from '../policy/effective-policy.js';
import { instanceOf, isOrganization, policyStream, type Organization, type Owner } from '../policy/owner.js';
import type { PolicyState, PolicyStates } from '../policy/policy-state.js';
import type { ChangedSince, ChangeSince } from '../policy/rejections.js';
import type { SeenName } from '../policy/seen.js';
import { changesSince } from './changes-since.js';
import { countedAsSeen, type Counting } from './counted-as-seen.js';
import type { LoginPolicyRow } from '../login-policy-projection.js';
import { PastReader, type PastSources } from './past-reader.js';
import type { ParsedRead } from './read-input.js';
import type { ParsedAsOf } from '../input/moment.js';

/** What reads answer from. */
interface Sources {
  readonly model: ProjectionRunner<LoginPolicyEvent, LoginPolicyRow>;
  readonly states: PolicyStates;
}

/** Reads policies: current ones from the read model, past ones from the events. */
export class PolicyReader {
  readonly #model: ProjectionRunner<LoginPolicyEvent, LoginPolicyRow>;
  readonly #states: PolicyStates;
  readonly #past: PastSources;

  constructor({ clock }: Pick<Store, 'clock'>, { model, states }: Sources) {
    this.#model = model;
    this.#states = states;
    this.#past = { clock, states };
  }

  /** The owner's own policy; `undefined` when there is none. */
  async own(owner: Owner, read: ParsedRead): Promise<StateFound | undefined> {
    const { asOf } = read;
    if (asOf !== undefined) return foundThen(await this.#looking(read, (past) => past.at(owner, asOf)), owner);
    const stream = policyStream(owner);
    if (!isOrganization(owner)) {
      const alone = await this.#model.read([stream], read.freshness);
      return withSeen(foundIn(alone, owner), { owner, rows: alone });
    }
    try {
      const both = await this.#model.read([stream, policyStream(instanceOf(owner))], read.freshness);
      return withSeen(foundIn(both, owner), { owner, rows: both });
    } catch (caught) {
      if (!isFault(caught, 'store-damaged')) throw caught;
      // A damaged row of the default does not keep the organization's own policy back.
      const own = await this.#model.read([stream], read.freshness);
      return withSeen(foundIn(own, owner), { owner, rows: own, byDefault: 'unreadable' });
    }
  }

  /** The owner's own policy at a moment in the past. */
  async past(owner: Owner, asOf: ParsedAsOf, deadline: Deadline): Promise<PolicyState> {
    return (await new PastReader(this.#past, deadline).at(owner, asOf)).state;
  }

  /** The owner's own policy after its last event, independent of the read model. */
  async latest(owner: Owner, deadline: Deadline): Promise<PolicyState> {
    return (await this.#states.catchUp(policyStream(owner), this.#states.nothing, deadline)).state;
  }

  /** The effective policy of the owner: its whole own policy, otherwise the instance's. */
  async effective(owner: Owner, read: ParsedRead): Promise<StateFound | undefined> {
    if (!isOrganization(owner)) return this.own(owner, read);
    const { asOf } = read;
    if (asOf !== undefined) return this.#looking(read, (past) => effectivePast(past, owner, asOf));
    // Both in one snapshot: between two reads, the custom policy could be removed and the default loosened.
    const instance = instanceOf(owner);
    const found = await this.#model.read([policyStream(owner), policyStream(instance)], read.freshness);
    const effective = effectivePolicy(foundIn(found, owner), () => foundIn(found, instance));
    return withSeen(effective, { owner, rows: found });
  }

  /** The ends of a policy that count as what was seen: that itself, and what the caller recorded since. */
  countedAsSeen(owner: Owner, counting: Counting): Promise<readonly SeenName[]> {
    return countedAsSeen(this.#states, owner, counting);
  }

  /** What was recorded on a policy since the caller saw it. */
  changesSince(changed: ChangedSince, wait: Pick<Deadline, 'signal'>): Promise<readonly ChangeSince[]> {
    return changesSince(this.#states, changed, wait);
  }

  /** The store's current time. */
  now(): Instant {
    return this.#past.clock();
  }

  /** The history of the owner's own policy. */
  history(owner: Owner, wanted: HistoryRead): Promise<History> {
    return readHistory(this.#states, policyStream(owner), wanted);
  }

  /** Reads the past within the time of a read. */
  #looking<Found>({ freshness }: ParsedRead, look: (past: PastReader) => Promise<Found>): Promise<Found> {
    return Deadline.run('a look at the past of a policy', freshness, (deadline) =>
      look(new PastReader(this.#past, deadline)),
    );
  }
}

/** The default is read as of the organization's position, so that both hold at one position. */
async function effectivePast(
  past: PastReader,
  organization: Organization,
  asOf: ParsedAsOf,
): Promise<StateFound | undefined> {
  const then = await past.at(organization, asOf);
  const instance = instanceOf(organization);
  return effectivePolicy(foundThen(then, organization), async () =>
    foundThen(await past.defaultBeside({ organization, own: then }, asOf), instance),
  );
}

/** The policy of a state, if there is one. */
export function foundThen(
  { state, position }: Pick<StateAt<PolicyState>, 'position' | 'state'>,
  owner: Owner,
): StateFound | undefined {
  const { policy, changeInfo } = state;
  return policy.stage === 'active' && changeInfo !== undefined ? { policy, changeInfo, owner, position } : undefined;
}
