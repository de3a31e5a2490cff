import {
  type Consumer,
  Deadline,
  type Handling,
  Lru,
  type OptionRule,
  type OptionRules,
  parseOptions,
  type Position,
  type RecordedEvent,
  revision,
  rule,
  type StateAt,
  type StreamId,
} from '@login-policy/event-sourcing';
import type { LoginPolicies } from '../login-policies.js';
import { partsOf, type PolicyParts } from '../policy-parts.js';
import { evolveState, isUnreadable, type PolicyState, type PolicyStates } from '../policy/policy-state.js';
import { loginPolicyEvents } from '../policy/event-codec.js';
import { effectivePolicy } from '../policy/effective-policy.js';
import { ABSENT } from '../policy/login-policy.js';
import {
  instanceOf,
  isOrganization,
  ownerOfStream,
  parseInstance,
  POLICY_STREAMS,
  policyStream,
  type Owner,
} from '../policy/owner.js';
import { viewOf } from '../reads/answering.js';
import { lastSequenceOf } from '../policy/change-info.js';
import { toDateTime } from '../reads/details.js';
import { diffPolicies } from '../policy/diff.js';
import type { StateFound } from '../reads/found-rows.js';
import { withoutSalts } from '../reads/history.js';
import { foundThen } from '../reads/policy-reader.js';
import { compareSignIns } from '../sign-in/compare-sign-ins.js';
import { lockOutsIntroduced } from '../sign-in/warnings.js';
import type { OnChangeOptions, PolicyChanged, PolicyChangeTold } from './policy-changed.js';
import { reachOf } from './reach.js';

const checkedByStore: OptionRule = () => undefined;

const OPTIONS: OptionRules<OnChangeOptions> = {
  // The store checks the name by its own rules.
  name: checkedByStore,
  from: checkedByStore,
  handleTimeoutMs: checkedByStore,
  signal: checkedByStore,
  handle: rule.aFunction,
  instance: rule.optional(rule.optionsWith({ instanceId: rule.mustBe('the id of an instance', isInstanceId) })),
};

/** An id that no instance can have would never match a change. */
function isInstanceId(instanceId: unknown): boolean {
  try {
    return parseInstance({ instanceId }, 'instance').instanceId === instanceId;
  } catch {
    return false;
  }
}

const MOST_STATES = 1000;
/** How long looking up one change may take. */
const LOOK_UP_MS = 30_000;

/**
 * Calls a handler with the changes of each command: the effective policies before and after, whom the change affects,
 * and what it means for sign-ins (docs/how-to/react-to-changes.md). Changes are delivered at least once, in commit
 * order, by one process at a time, from the checkpoint of the consumer of that name. Closing the policies closes it.
 *
 * @throws RangeError that names an unknown or malformed option.
 * @throws StoreClosed once the policies or the store are closed.
 */
export function onChange(policies: LoginPolicies, given: OnChangeOptions): Consumer {
  const parts = partsOf(policies, 'onChange');
  parts.calls.throwIfClosed();
  const { handle, instance, ...options } = parseOptions(given, 'onChange', OPTIONS);
  refuseNameOfAnother(parts, given);
  const changes = new Changes(parts);
  const consumer = parts.store.consume({
    ...options,
    filter: POLICY_STREAMS,
    // One append, which is one command, in each call.
    pageSize: 1,
    handle: async (events, handling) => {
      const change = await changes.of(events, { handling, instanceId: instance?.instanceId });
      if (change !== undefined) await handle(change, { attempt: handling.attempt, signal: handling.signal });
    },
  });
  // Those that were closed or whose signal fired are held no longer.
  for (const one of parts.consumers) if (one.status().state === 'closed') parts.consumers.delete(one);
  parts.consumers.add(consumer);
  opened.set(consumer, { name: given.name, instanceId: instance?.instanceId });
  return consumer;
}

/** What the open consumers were opened with. */
const opened = new WeakMap<Consumer, { readonly name: string; readonly instanceId: string | undefined }>();

/**
 * Consumers of one name share a checkpoint: each of them would pass over the changes of the other's instance.
 *
 * @throws RangeError
 */
function refuseNameOfAnother({ consumers }: PolicyParts, { name, instance }: OnChangeOptions): void {
  for (const one of consumers) {
    const before = opened.get(one);
    if (before?.name !== name || one.status().state === 'closed') continue;
    if (before.instanceId !== instance?.instanceId)
      throw new RangeError(
        `name must not be that of an onChange of another instance: ${name} is of ${before.instanceId ?? 'all instances'}`,
      );
  }
}

/** Tells the changes of policies, in terms of the domain. */
class Changes {
  readonly #parts: PolicyParts;
  readonly #states: PolicyStates;
  /** The state after the last change of a policy: the next change goes on from there. */
  readonly #latest = new Lru<StreamId, StateAt<PolicyState>>(MOST_STATES);

  constructor(parts: PolicyParts) {
    this.#parts = parts;
    this.#states = parts.handler.states;
  }

  /** `undefined` for a stream that is not a policy's, or of another instance. */
  async of(
    events: readonly RecordedEvent[],
    { handling, instanceId }: { readonly handling: Handling; readonly instanceId: string | undefined },
  ): Promise<PolicyChangeTold | undefined> {
    const [first] = events;
    const owner = first && ownerOfStream(first.streamId);
    if (first === undefined || owner === undefined) return undefined;
    if (instanceId !== undefined && owner.instanceId !== instanceId) return undefined;
    const { position, signal } = handling;
    const facts = { owner, isDefault: !isOrganization(owner), position };
    const reached = reachOf(owner, { ...this.#parts, position });
    const wait = { signal, waitMs: LOOK_UP_MS };
    try {
      const read = await Deadline.run(`looking up a change of ${first.streamId}`, wait, (deadline) =>
        this.#read(events, owner, deadline),
      );
      return { ...facts, ...reached, ...read };
    } catch (fault) {
      if (!isUnreadable(fault)) throw fault;
      return { kind: 'unreadable', ...facts, ...reached, fault };
    }
  }

  async #read(
    events: readonly RecordedEvent[],
    owner: Owner,
    deadline: Deadline,
  ): Promise<Omit<PolicyChanged, 'isDefault' | 'organizations' | 'owner' | 'position'>> {
    const decoded = events.map((event) => loginPolicyEvents.decode(event));
    const [first, last] = [decoded[0], decoded.at(-1)];
    if (first === undefined || last === undefined) throw new TypeError('a change has an event');
    const states = this.#states;
    const stream = policyStream(owner);
    const earlier =
      first.revision === 0n
        ? states.nothing
        : await states.atRevision(stream, revision(first.revision - 1n), deadline, this.#latest.get(stream));
    const later: StateAt<PolicyState> = {
      ...earlier,
      state: decoded.reduce(evolveState, earlier.state),
      revision: last.revision,
      position: last.position,
      eventId: last.id,
    };
    this.#latest.set(stream, later);
    const [before, after] = await Promise.all(
      [earlier, later].map((own) => this.#effectiveAt(owner, { own, at: last.position }, deadline)),
    );
    const [was, is] = [before?.policy ?? ABSENT, after?.policy ?? ABSENT];
    return {
      kind: 'changed',
      ...withoutSalts(last.metadata),
      events: decoded,
      sequence: lastSequenceOf(later.state.changeInfo),
      recordedAt: toDateTime(last.recordedAt),
      before: before && viewOf(before),
      after: after && viewOf(after),
      changes: diffPolicies(was, is),
      ...compareSignIns(was, is),
      lockedOut: lockOutsIntroduced(was, is),
    };
  }

  /** The effective policy of the owner: without a policy of its own, the default as it was at that event. */
  async #effectiveAt(
    owner: Owner,
    { own, at: position }: { readonly own: StateAt<PolicyState>; readonly at: Position },
    deadline: Deadline,
  ): Promise<StateFound | undefined> {
    return effectivePolicy(foundThen(own, owner), async () => {
      if (!isOrganization(owner)) return undefined;
      const instance = instanceOf(owner);
      const asOf = { moment: { position }, field: 'position' };
      const state = await this.#parts.policies.past(instance, asOf, deadline);
      return foundThen({ state, position }, instance);
    });
  }
}
