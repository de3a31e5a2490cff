import { orThrow, type LoginPolicies, type LoginPolicyView, type OwnerRef } from '@login-policy/domain';
import {
  diffPolicies,
  evolveState,
  INSTANCE_CATEGORY,
  isOrganization,
  loginPolicyEvents,
  NO_POLICY,
  ORGANIZATION_CATEGORY,
  ownerOfStream,
  type LoginPolicy,
  type Owner,
  type PolicyState,
} from '@login-policy/domain/model';
import { isFault, type RecordedEvent, type StreamId } from '@login-policy/event-sourcing';
import { categoryOf } from '@login-policy/event-sourcing/values';
import { eventName } from '../copy/same-event.js';
import { customizedIn } from '../session/customized-in-store.js';
import { listAllCustomized } from '../session/list-all-customized.js';
import type { Findings } from './findings.js';

/** Decodes and folds the events of every policy, and compares the result with the rows of the read model. */
export class PolicyFolds {
  readonly #findings: Findings;
  readonly #states = new Map<StreamId, PolicyState | 'unreadable'>();

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** The number of policies that exist or existed. */
  get policies(): number {
    return this.#states.size;
  }

  add(event: RecordedEvent): void {
    const { streamId } = event;
    if (![INSTANCE_CATEGORY, ORGANIZATION_CATEGORY].includes(categoryOf(streamId))) return;
    if (ownerOfStream(streamId) === undefined) {
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

  /** Compares every policy with its row, and every listed row with a policy. */
  async compareRows(loginPolicies: LoginPolicies): Promise<void> {
    const custom = new Map<string, Set<string>>();
    for (const [stream, state] of this.#states) {
      const owner = ownerOfStream(stream);
      if (owner === undefined || state === 'unreadable') continue;
      if (state.policy.stage === 'active') addCustom(owner, custom);
      await this.#compareRow(owner, state, loginPolicies);
    }
    await this.#compareLists(custom, loginPolicies);
  }

  async #compareRow(owner: Owner, { changeInfo, policy }: PolicyState, loginPolicies: LoginPolicies): Promise<void> {
    const where = `the row of ${isOrganization(owner) ? `organization ${owner.organizationId}` : `instance ${owner.instanceId}`}`;
    const answer = await loginPolicies.policy(owner);
    if (answer.outcome === 'rejected') {
      if (policy.stage === 'active' && (await isActive(loginPolicies, owner)))
        this.#findings.add(where, 'it is missing, although the policy exists');
      return;
    }
    const { policy: row } = answer;
    // A row that was updated meanwhile is newer than the folded state.
    if (changeInfo !== undefined && row.details.sequence > changeInfo.revision + 1n) return;
    if (policy.stage === 'absent') this.#findings.add(where, 'it exists, although the policy was removed');
    else if (row.eventId !== changeInfo?.eventId) this.#findings.add(where, 'its last event is not that of the stream');
    else if (diffPolicies(policy, stateOf(row)).length > 0) this.#findings.add(where, 'it does not match the events');
  }

  async #compareLists(custom: ReadonlyMap<string, ReadonlySet<string>>, loginPolicies: LoginPolicies): Promise<void> {
    for (const [instanceId, expected] of custom) {
      const { ids } = await listAllCustomized({
        customized: (kind) => customizedIn(loginPolicies, { instanceId }, kind),
      });
      const listed = new Set(ids);
      // A policy may also have been added or removed meanwhile.
      const existsNow = (id: string): Promise<boolean> => isActive(loginPolicies, { instanceId, organizationId: id });
      const where = `the list of instance ${instanceId}`;
      for (const id of expected)
        if (!listed.has(id) && (await existsNow(id))) this.#findings.add(where, `${id} is missing`);
      for (const id of listed)
        if (!expected.has(id) && !(await existsNow(id))) this.#findings.add(where, `${id} has no custom policy`);
    }
  }
}

function addCustom(owner: Owner, custom: Map<string, Set<string>>): void {
  const ids = custom.get(owner.instanceId) ?? new Set<string>();
  if (isOrganization(owner)) ids.add(owner.organizationId);
  custom.set(owner.instanceId, ids);
}

async function isActive(loginPolicies: LoginPolicies, owner: OwnerRef): Promise<boolean> {
  const { entries } = orThrow(await loginPolicies.history(owner, { direction: 'backwards', limit: 1 }));
  return entries[0] !== undefined && entries[0].type !== 'LoginPolicyRemoved';
}

/** The state shown by a view. Lifetimes are in the canonical form of events. */
function stateOf({ identityProviders, multiFactors, secondFactors, settings }: LoginPolicyView): LoginPolicy {
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
