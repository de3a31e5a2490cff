import {
  instantToIso,
  laterPosition,
  parseStreamId,
  PositionUnknown,
  revision,
  START,
  systemClock,
  type EventStore,
  type Follower,
  type Freshness,
  type Instant,
  type Position,
  type RecordedEvent,
  type StateAt,
  type StreamId,
} from '@login-policy/event-sourcing';
import type { PolicyHandler } from '../commands/policy-handler.js';
import type { CustomizedOrganizations } from './answers.js';
import { lastSequenceOf, sequenceOf, type Marks } from './details.js';
import { readHistory, type History, type HistoryRead } from './history.js';
import type { LoginPolicyEvent } from '../events/events.js';
import { InvalidValue } from '../input/invalid-value.js';
import { effectivePolicy } from '../policy/effective-policy.js';
import type { ActivePolicy } from '../policy/login-policy.js';
import {
  instanceOf,
  isOrganization,
  ownerOfStream,
  policyStream,
  type Instance,
  type Organization,
  type Owner,
} from '../policy/owner.js';
import type { PolicyState } from '../commands/policy-state.js';
import { CUSTOM_IN, type LoginPolicyRow } from '../login-policy-projection.js';
import type { ParsedAsOf, ParsedRead } from './read-input.js';

const PAGE = 1000;

/** A policy in force, whose it is, and the place in the order of the store that this holds for. */
export interface PolicyFound {
  readonly policy: ActivePolicy;
  readonly marks: Marks;
  readonly owner: Owner;
  readonly position: Position;
}

/** What reads are answered from. */
interface Sources {
  readonly model: Follower<LoginPolicyEvent, LoginPolicyRow>;
  readonly states: PolicyHandler['states'];
}

/** Which of an instance's custom policies to list, and how fresh. */
interface CustomizedPage {
  readonly after: Organization | undefined;
  readonly limit: number;
  readonly freshness: Freshness;
}

/** Reads policies: as they are from the read model, as they were from the events. */
export class PolicyReader {
  readonly #model: Follower<LoginPolicyEvent, LoginPolicyRow>;
  readonly #states: PolicyHandler['states'];
  readonly #store: EventStore;

  constructor(store: EventStore, { model, states }: Sources) {
    this.#store = store;
    this.#model = model;
    this.#states = states;
  }

  /** The owner's own policy; `undefined` when there is none. */
  async own(owner: Owner, read: ParsedRead): Promise<PolicyFound | undefined> {
    if (read.asOf !== undefined) return foundThen(await this.#past(owner, read.asOf), owner);
    return foundIn(await this.#model.read([policyStream(owner)], read.freshness), owner);
  }

  /** The owner's own policy as it was at a moment. */
  async past(owner: Owner, asOf: ParsedAsOf): Promise<PolicyState> {
    return (await this.#past(owner, asOf)).state;
  }

  /** The owner's own policy as its last event left it, whatever the read model has got to. */
  async latest(owner: Owner): Promise<PolicyState> {
    return (await this.#states.catchUp(policyStream(owner), this.#states.nothing)).state;
  }

  /** What the users of the owner meet: its own policy as a whole, else the instance's. */
  async effective(owner: Owner, read: ParsedRead): Promise<PolicyFound | undefined> {
    if (!isOrganization(owner)) return this.own(owner, read);
    if (read.asOf !== undefined) return this.#effectivePast(owner, read.asOf);
    // Both by one look: between two, the custom policy could be taken away and the default loosened.
    const instance = instanceOf(owner);
    const found = await this.#model.read([policyStream(owner), policyStream(instance)], read.freshness);
    return effectivePolicy(foundIn(found, owner), () => foundIn(found, instance));
  }

  /** The events of the owner's own policy. */
  history(owner: Owner, wanted: HistoryRead): Promise<History> {
    return readHistory({ store: this.#store, states: this.#states }, policyStream(owner), wanted);
  }

  /** A page of the instance's organizations with a custom policy, in the order of their streams, and what comes behind it. */
  async customizedPage(instance: Instance, wanted: CustomizedPage): Promise<CustomizedOrganizations> {
    const { organizations, position } = await this.#customized(instance, wanted);
    const next = organizations.length < wanted.limit ? undefined : organizations.at(-1)?.organizationId;
    return { organizations, next, position };
  }

  /** The ids of all the instance's organizations with a custom policy. */
  async allCustomized(instance: Instance, freshness: Freshness): Promise<ReadonlySet<string>> {
    const ids = new Set<string>();
    let after: Organization | undefined;
    for (;;) {
      const { organizations } = await this.#customized(instance, { limit: PAGE, freshness, after });
      for (const { organizationId } of organizations) ids.add(organizationId);
      after = organizations.at(-1);
      if (organizations.length < PAGE) return ids;
    }
  }

  async #customized(
    instance: Instance,
    { after, limit, freshness }: CustomizedPage,
  ): Promise<{ readonly organizations: readonly Organization[]; readonly position: Position }> {
    const afterKey = after === undefined ? {} : { afterKey: policyStream(after) };
    const query = { index: CUSTOM_IN, value: instance.instanceId, limit, ...afterKey };
    const { rows, checkpoint = START } = await this.#model.keys(query, freshness);
    return {
      organizations: rows.map((key) => ownerOfStream(parseStreamId(key))).filter(isOrganization),
      position: checkpoint,
    };
  }

  async #past(owner: Owner, asOf: ParsedAsOf): Promise<StateAt<PolicyState>> {
    const stream = policyStream(owner);
    const { moment, field } = asOf;
    if ('position' in moment) return this.#upToPosition(owner, moment.position);
    if ('instant' in moment) {
      refuseUnlessPast(moment.instant, `${field}.instant`, this.#store.lateByMs);
      await this.#refuseClockAhead(stream, `${field}.instant`);
      return this.#states.upTo(stream, (event) => event.recordedAt <= moment.instant);
    }
    const { sequence } = moment;
    const states = this.#states;
    const then = sequence === 0n ? states.nothing : await states.atRevision(stream, revision(sequence - 1n));
    const reached = lastSequenceOf(then.state.marks);
    if (reached === sequence && reached > 0n) return then;
    const had =
      reached === 0n
        ? 'a sequence from 1 on that the policy has had'
        : `a sequence the policy has had, 1 to ${reached}`;
    throw new InvalidValue(`${field}.sequence`, had, sequence);
  }

  /** The default policy is looked at where the organization's stood: at the same instant, or the same place in the store. */
  async #effectivePast(organization: Organization, asOf: ParsedAsOf): Promise<PolicyFound | undefined> {
    const then = await this.#past(organization, asOf);
    const instance = instanceOf(organization);
    return effectivePolicy(foundThen(then, organization), async () => {
      if ('sequence' in asOf.moment) return foundThen(await this.#upToPosition(instance, then.position), instance);
      const fallback = await this.#past(instance, asOf);
      return foundThen({ ...fallback, position: laterPosition(then.position, fallback.position) }, instance);
    });
  }

  async #upToPosition(owner: Owner, position: Position): Promise<StateAt<PolicyState>> {
    if (!(await this.#store.knows(position))) throw new PositionUnknown({ position, head: await this.#store.head() });
    const then = await this.#states.upTo(policyStream(owner), (event) => event.position <= position);
    return { ...then, position };
  }

  /**
   * A machine whose clock was ahead recorded this policy's last events in what is still the future, and what came after them was
   * recorded no earlier: as of an instant before that, the past would lie.
   *
   * @throws InvalidValue naming the sequence from which on.
   */
  async #refuseClockAhead(stream: StreamId, field: string): Promise<void> {
    const now = systemClock();
    let ahead: RecordedEvent | undefined;
    for await (const page of this.#store.readStream(stream, { direction: 'backwards', pageSize: 10 })) {
      const first = page.findIndex((event) => event.recordedAt <= now);
      ahead = (first === -1 ? page : page.slice(0, first)).at(-1) ?? ahead;
      if (first !== -1) break;
    }
    if (ahead === undefined) return;
    const since = `from sequence ${sequenceOf(ahead)} on this policy was recorded by a clock that was ahead`;
    throw new InvalidValue(field, `a sequence or a position: ${since}`, instantToIso(ahead.recordedAt));
  }
}

/** What is still to come can still be recorded "before" it: only what is past is answered. */
function refuseUnlessPast(moment: Instant, field: string, lateByMs = 0): void {
  if (moment < systemClock() - lateByMs) return;
  const since = lateByMs === 0 ? '' : ` for ${lateByMs / 1000} s: so late an event may still be recorded`;
  throw new InvalidValue(field, `an instant that is past${since}`, instantToIso(moment));
}

/** @throws WrittenByNewerProgram, UnreadableEvent when it is this owner's policy that can't be read. */
function foundIn(
  { rows, unreadable, checkpoint }: Awaited<ReturnType<Follower<LoginPolicyEvent, LoginPolicyRow>['read']>>,
  owner: Owner,
): PolicyFound | undefined {
  const stream = policyStream(owner);
  const fault = unreadable.get(stream);
  if (fault !== undefined) throw fault;
  const row = rows.get(stream);
  return row === undefined ? undefined : { policy: row.policy, marks: row.marks, owner, position: checkpoint ?? START };
}

function foundThen({ state, position }: StateAt<PolicyState>, owner: Owner): PolicyFound | undefined {
  const { policy, marks } = state;
  return policy.stage === 'active' && marks !== undefined ? { policy, marks, owner, position } : undefined;
}
