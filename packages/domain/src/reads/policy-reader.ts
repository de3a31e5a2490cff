import {
  laterPosition,
  START,
  type ProjectionRunner,
  type Freshness,
  type Instant,
  type Position,
  type Store,
} from '@login-policy/event-sourcing';
import { Deadline, StoreDamaged, type StateAt } from '@login-policy/event-sourcing/domain';
import { yieldToLoop } from './affected.js';
import type { CustomizedOrganizations } from './answers.js';
import type { Marks } from '../policy/marks.js';
import { readHistory, type History, type HistoryRead } from './history.js';
import type { LoginPolicyEvent } from '../events/events.js';
import { effectivePolicy } from '../policy/effective-policy.js';
import type { ActivePolicy } from '../policy/login-policy.js';
import {
  instanceOf,
  isOrganization,
  ownerSpelt,
  policyStream,
  type Instance,
  type Organization,
  type Owner,
} from '../policy/owner.js';
import type { PolicyState, PolicyStates } from '../policy/policy-state.js';
import { CUSTOM_IN, customValue, UNREAD_IN, type LoginPolicyRow } from '../login-policy-projection.js';
import { PastReader, type PastSources } from './past-reader.js';
import type { CustomizedPage, CustomKind, ParsedRead } from './read-input.js';
import type { ParsedAsOf } from '../input/moment.js';

const PAGE = 1000;

/** A policy in force, whose it is, and the place in the order of the store that this holds for. */
export interface StateFound {
  readonly policy: ActivePolicy;
  readonly marks: Marks;
  readonly owner: Owner;
  readonly position: Position;
}

/** What reads are answered from. */
interface Sources {
  readonly model: ProjectionRunner<LoginPolicyEvent, LoginPolicyRow>;
  readonly states: PolicyStates;
}

/** Reads policies: as they are from the read model, as they were from the events. */
export class PolicyReader {
  readonly #model: ProjectionRunner<LoginPolicyEvent, LoginPolicyRow>;
  readonly #states: PolicyStates;
  readonly #events: PastSources;

  constructor({ clock }: Pick<Store, 'clock'>, { model, states }: Sources) {
    this.#model = model;
    this.#states = states;
    this.#events = { store: states.store, clock, states };
  }

  /** The owner's own policy; `undefined` when there is none. */
  async own(owner: Owner, read: ParsedRead): Promise<StateFound | undefined> {
    const { asOf } = read;
    if (asOf !== undefined) return foundThen(await this.#looking(read, (past) => past.at(owner, asOf)), owner);
    return foundIn(await this.#model.read([policyStream(owner)], read.freshness), owner);
  }

  /** The owner's own policy as it was at a moment. */
  async past(owner: Owner, asOf: ParsedAsOf, deadline: Deadline): Promise<PolicyState> {
    return (await new PastReader(this.#events, deadline).at(owner, asOf)).state;
  }

  /** The owner's own policy as its last event left it, whatever the read model has got to. */
  async latest(owner: Owner, deadline: Deadline): Promise<PolicyState> {
    return (await this.#states.catchUp(policyStream(owner), this.#states.nothing, deadline)).state;
  }

  /** What the users of the owner meet: its own policy as a whole, else the instance's. */
  async effective(owner: Owner, read: ParsedRead): Promise<StateFound | undefined> {
    if (!isOrganization(owner)) return this.own(owner, read);
    const { asOf } = read;
    if (asOf !== undefined) return this.#looking(read, (past) => effectivePast(past, owner, asOf));
    // Both by one look: between two, the custom policy could be taken away and the default loosened.
    const instance = instanceOf(owner);
    const found = await this.#model.read([policyStream(owner), policyStream(instance)], read.freshness);
    return effectivePolicy(foundIn(found, owner), () => foundIn(found, instance));
  }

  /** What time it is by the store's clock. */
  now(): Instant {
    return this.#events.clock();
  }

  /** The events of the owner's own policy. */
  history(owner: Owner, wanted: HistoryRead): Promise<History> {
    return readHistory(this.#events, policyStream(owner), wanted);
  }

  /** A page of the instance's organizations with a custom policy, in the order of their streams, and what comes behind it. */
  async customizedPage(instance: Instance, wanted: CustomizedPage): Promise<CustomizedOrganizations> {
    const { organizations, position } = await this.#customized(instance, wanted);
    const next = organizations.length < wanted.limit ? undefined : organizations.at(-1)?.organizationId;
    const page = { kind: 'custom-policies', organizations, next, position } as const;
    if (wanted.after !== undefined) return page;
    const freshness = { ...wanted.freshness, atLeast: laterPosition(wanted.freshness.atLeast ?? START, position) };
    const isAll = wanted.kind === undefined && next === undefined;
    const total = isAll ? organizations.length : await this.customizedCount(instance, wanted.kind, freshness);
    return { ...page, total, unreadable: await this.#count(UNREAD_IN, instance.instanceId, freshness) };
  }

  /** How many of the instance's custom policies are of a kind, or how many there are. */
  customizedCount(instance: Instance, kind: CustomKind | undefined, freshness: Freshness): Promise<number> {
    const { index, value } = indexed(instance, kind);
    return this.#count(index, value, freshness);
  }

  async #count(index: string, value: string, freshness: Freshness): Promise<number> {
    return (await this.#model.count({ index, value }, freshness)).rows;
  }

  /** The ids of all the instance's organizations with a custom policy. */
  async allCustomized(instance: Instance, freshness: Freshness, deadline: Deadline): Promise<ReadonlySet<string>> {
    const ids = new Set<string>();
    let after: Organization | undefined;
    for (;;) {
      const { organizations } = await this.#customized(instance, { kind: undefined, limit: PAGE, freshness, after });
      for (const { organizationId } of organizations) ids.add(organizationId);
      after = organizations.at(-1);
      if (organizations.length < PAGE) return ids;
      await yieldToLoop();
      deadline.refuse();
    }
  }

  /** Those of some organizations that have a custom policy, also one that can't be read, and the place that this holds for. */
  async customizedAmong(
    some: readonly Organization[],
    freshness: Freshness,
  ): Promise<{ readonly customized: ReadonlySet<Organization>; readonly position: Position }> {
    const found = await this.#model.read(some.map(policyStream), freshness);
    const { rows, unreadable, checkpoint: position = START } = found;
    const hasOwn = (one: Organization): boolean => rows.has(policyStream(one)) || unreadable.has(policyStream(one));
    return { customized: new Set(some.filter(hasOwn)), position };
  }

  async #customized(
    instance: Instance,
    { kind, after, limit, freshness }: CustomizedPage,
  ): Promise<{ readonly organizations: readonly Organization[]; readonly position: Position }> {
    const organizations: Organization[] = [];
    let afterKey: string | undefined = after && policyStream(after);
    for (;;) {
      const query = {
        ...indexed(instance, kind),
        limit,
        ...(afterKey !== undefined && { afterKey }),
      };
      const { rows, checkpoint = START } = await this.#model.keys(query, freshness);
      organizations.push(...rows.flatMap((key) => organizationsOf(key, instance)));
      afterKey = rows.at(-1);
      if (rows.length < limit || organizations.length >= limit)
        return { organizations: organizations.slice(0, limit), position: checkpoint };
    }
  }

  /** Looks at the past, within the time of a read. */
  async #looking<Found>({ freshness }: ParsedRead, look: (past: PastReader) => Promise<Found>): Promise<Found> {
    const deadline = new Deadline('a look at the past of a policy', freshness);
    try {
      return await look(new PastReader(this.#events, deadline));
    } finally {
      deadline.end();
    }
  }
}

/** By what the custom policies of a kind are found. */
function indexed({ instanceId }: Instance, kind: CustomKind | undefined): { index: string; value: string } {
  if (kind === undefined) return { index: CUSTOM_IN, value: instanceId };
  return { index: kind.index, value: customValue(instanceId, kind.name) };
}

/**
 * The organization that a listed row is of. None where an earlier release took another spelling of its name for its stream: it is
 * listed under the right one.
 *
 * @throws StoreDamaged when no stream of the instance has such a name.
 */
export function organizationsOf(key: string, { instanceId }: Instance): readonly Organization[] {
  const { owner, spelling } = ownerSpelt(key) ?? {};
  if (owner !== undefined && isOrganization(owner) && owner.instanceId === instanceId)
    return spelling === key ? [owner] : [];
  const problem = `${JSON.stringify(key)} is listed as a custom policy of instance ${instanceId}`;
  throw new StoreDamaged({ store: 'the read model login-policies', problem, remedy: 'a rebuild mends it' });
}

/** The default policy is looked at where the organization's stood: both held at one place in the store. */
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

/** @throws WrittenByNewerProgram, UnreadableEvent when it is this owner's policy that can't be read. */
function foundIn(
  { rows, unreadable, checkpoint }: Awaited<ReturnType<ProjectionRunner<LoginPolicyEvent, LoginPolicyRow>['read']>>,
  owner: Owner,
): StateFound | undefined {
  const stream = policyStream(owner);
  const fault = unreadable.get(stream);
  if (fault !== undefined) throw fault;
  const row = rows.get(stream);
  return row === undefined ? undefined : { policy: row.policy, marks: row.marks, owner, position: checkpoint ?? START };
}

function foundThen({ state, position }: StateAt<PolicyState>, owner: Owner): StateFound | undefined {
  const { policy, marks } = state;
  return policy.stage === 'active' && marks !== undefined ? { policy, marks, owner, position } : undefined;
}
