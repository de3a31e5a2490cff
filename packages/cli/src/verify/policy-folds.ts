import {
  orThrow,
  type HistoryEntry,
  type LoginPolicies,
  type LoginPolicyView,
  type OwnerRef,
} from '@login-policy/domain';
import {
  diffPolicies,
  evolveState,
  INSTANCE_CATEGORY,
  isOrganization,
  loginPolicyEvents,
  NO_POLICY,
  ORGANIZATION_CATEGORY,
  ownerOfStream,
  parseOrganization,
  policyStream,
  type ActivePolicy,
  type InstanceId,
  type Owner,
  type PolicyState,
} from '@login-policy/domain/model';
import {
  categoryOf,
  isFault,
  type Position,
  type RecordedEvent,
  START,
  type StreamId,
} from '@login-policy/event-sourcing';
import { eventName } from '../copy/same-event.js';
import type { Findings } from './findings.js';
import { ALL_CUSTOM, filteredLists, idsOn, WHOLE_CUSTOM, type PolicyList } from './policy-lists.js';

/** The readable custom policies of an instance, by organization. */
type CustomPolicies = Map<string, ActivePolicy>;

/** Decodes and folds the events of every policy, and compares the result with the rows of the read model. */
export class PolicyFolds {
  readonly #findings: Findings;
  readonly #states = new Map<StreamId, PolicyState | 'unreadable'>();
  #upTo = START;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** The number of policies that exist or existed. */
  get policies(): number {
    return this.#states.size;
  }

  /** The number of rows that the policies have: one for each that is in force or unreadable. */
  get rows(): number {
    const states = [...this.#states.values()];
    return states.filter((state) => state === 'unreadable' || state.policy.stage === 'active').length;
  }

  /** The position of the last event that was added. */
  get upTo(): Position {
    return this.#upTo;
  }

  add(event: RecordedEvent): void {
    const { position, streamId } = event;
    this.#upTo = position;
    if (![INSTANCE_CATEGORY, ORGANIZATION_CATEGORY].includes(categoryOf(streamId))) return;
    const owner = ownerOfStream(streamId);
    if (owner === undefined) {
      this.#findings.add(eventName(event), 'its stream does not belong to a policy');
      return;
    }
    const state = this.#states.get(streamId) ?? NO_POLICY;
    if (state === 'unreadable') return;
    try {
      this.#states.set(streamId, evolveState(state, loginPolicyEvents.decode(event)));
    } catch (caught) {
      if (!isFault(caught)) throw caught;
      this.#findings.add(eventName(event), caught.message);
      this.#states.set(streamId, 'unreadable');
    }
  }

  /** Compares every policy with its row, and every list with the policies. */
  async compareRows(loginPolicies: LoginPolicies): Promise<void> {
    const custom = new Map<string, CustomPolicies>();
    for (const [owner, state] of this.#ownersAndStates()) {
      if (state.policy.stage === 'active') addCustom(owner, state.policy, custom);
      await this.#note(`the row of ${nameOf(owner)}`, async () => {
        const problem = await rowProblem(owner, state, loginPolicies);
        if (problem === undefined || problem === AHEAD) return problem;
        return (await isAsFolded(loginPolicies, owner, state)) ? problem : undefined;
      });
    }
    for (const [instanceId, policies] of custom) {
      for (const list of [ALL_CUSTOM, WHOLE_CUSTOM, ...filteredLists(policies.values())])
        await this.#note(`the ${list.name} of instance ${instanceId}`, () =>
          this.#compareList(list, { instanceId, policies }, loginPolicies),
        );
    }
  }

  /** With the default policy of each instance: there may be a row of it although all its events are gone. */
  *#ownersAndStates(): Generator<readonly [Owner, PolicyState], void, undefined> {
    const instances = new Set<InstanceId>();
    for (const [stream, state] of this.#states) {
      const owner = ownerOfStream(stream);
      if (owner === undefined) continue;
      instances.add(owner.instanceId);
      if (state !== 'unreadable') yield [owner, state];
    }
    for (const instanceId of instances)
      if (!this.#states.has(policyStream({ instanceId }))) yield [{ instanceId }, NO_POLICY];
  }

  /** Adds a problem. Damage of one row or list must not hide that of the others. */
  async #note(where: string, find: () => Promise<string | undefined>): Promise<void> {
    const problem = await find().catch((caught: unknown) => {
      if (isFault(caught, 'store-damaged')) return caught.message;
      throw caught;
    });
    if (problem !== undefined) this.#findings.add(where, problem);
  }

  async #compareList(
    list: PolicyList,
    { instanceId, policies }: { readonly instanceId: string; readonly policies: CustomPolicies },
    loginPolicies: LoginPolicies,
  ): Promise<string | undefined> {
    const where = `the ${list.name} of instance ${instanceId}`;
    const listed = await idsOn(list, instanceId, loginPolicies);
    for (const organizationId of new Set([...policies.keys(), ...listed])) {
      const policy = policies.get(organizationId);
      const isExpected = policy !== undefined && list.includes(policy);
      if (isExpected === listed.has(organizationId)) continue;
      const owner = parseOrganization({ instanceId, organizationId }, 'organization');
      // One that can't be read is listed by its last readable state.
      const state = this.#states.get(policyStream(owner)) ?? NO_POLICY;
      if (state === 'unreadable' || !(await isAsFolded(loginPolicies, owner, state))) continue;
      const problem = isExpected ? 'is missing' : 'does not belong on it';
      this.#findings.add(where, `${organizationId} ${problem}`);
    }
    return undefined;
  }
}

async function rowProblem(
  owner: Owner,
  { changeInfo, policy }: PolicyState,
  loginPolicies: LoginPolicies,
): Promise<string | undefined> {
  const answer = await loginPolicies.policy(owner);
  if (answer.outcome === 'rejected') {
    return policy.stage === 'active' ? 'it is missing, although the policy exists' : undefined;
  }
  const { policy: row } = answer;
  // A row that was updated meanwhile is newer than the folded state.
  if (changeInfo === undefined || row.details.sequence > changeInfo.revision + 1n) {
    const last = await lastEntry(loginPolicies, owner);
    const isAhead = last === undefined || last.sequence < row.details.sequence;
    return isAhead ? AHEAD : undefined;
  }
  if (policy.stage === 'absent') return 'it exists, although the policy was removed';
  if (row.eventId !== changeInfo.eventId) return 'its last event is not that of the stream';
  return shows(row, { changeInfo, policy }) ? undefined : DIFFERS;
}

const AHEAD = 'it contains an event that its stream lacks';
const DIFFERS = 'it does not match the events';

function addCustom(owner: Owner, policy: ActivePolicy, custom: Map<string, CustomPolicies>): void {
  const policies = custom.get(owner.instanceId) ?? new Map<string, ActivePolicy>();
  if (isOrganization(owner)) policies.set(owner.organizationId, policy);
  custom.set(owner.instanceId, policies);
}

function nameOf(owner: Owner): string {
  return isOrganization(owner) ? `organization ${owner.organizationId}` : `instance ${owner.instanceId}`;
}

async function lastEntry(loginPolicies: LoginPolicies, owner: OwnerRef): Promise<HistoryEntry | undefined> {
  return orThrow(await loginPolicies.history(owner, { direction: 'backwards', limit: 1 })).entries[0];
}

/**
 * Whether a policy is still as its events were folded. Asked after its row or list was read, because a policy that
 * another program changes meanwhile proves nothing.
 */
async function isAsFolded(
  loginPolicies: LoginPolicies,
  owner: OwnerRef,
  { changeInfo }: PolicyState,
): Promise<boolean> {
  return (await lastEntry(loginPolicies, owner))?.eventId === changeInfo?.eventId;
}

/** Whether a view has the content and the details of a state. */
function shows(row: LoginPolicyView, { changeInfo, policy }: PolicyState): boolean {
  const { details } = row;
  const areDetailsRight =
    changeInfo !== undefined &&
    details.sequence === changeInfo.revision + 1n &&
    details.creationDate.toMillis() === changeInfo.createdAt &&
    details.changeDate.toMillis() === changeInfo.changedAt;
  return areDetailsRight && diffPolicies(policy, stateOf(row)).length === 0 && areInOrder(policy, row);
}

/** Whether a row has the factors in the order in which they were added. */
function areInOrder(policy: PolicyState['policy'], row: LoginPolicyView): boolean {
  if (policy.stage !== 'active') return true;
  const inOrder = (factors: Pick<LoginPolicyView, 'multiFactors' | 'secondFactors'>): string =>
    [...factors.secondFactors, ...factors.multiFactors].join();
  return inOrder(policy) === inOrder(row);
}

/** The state shown by a view. Lifetimes are in the canonical form of events. */
function stateOf({ identityProviders, multiFactors, secondFactors, settings }: LoginPolicyView): ActivePolicy {
  const { externalLoginCheck, mfaInitSkip, multiFactorCheck, passwordCheck, secondFactorCheck } = settings.lifetimes;
  const lifetimes = {
    passwordCheck: String(passwordCheck.toISO()),
    externalLoginCheck: String(externalLoginCheck.toISO()),
    mfaInitSkip: String(mfaInitSkip.toISO()),
    secondFactorCheck: String(secondFactorCheck.toISO()),
    multiFactorCheck: String(multiFactorCheck.toISO()),
  };
  return { ...ACTIVE, settings: { ...settings, lifetimes }, secondFactors, multiFactors, identityProviders };
}

const ACTIVE = { stage: 'active' } as const;
