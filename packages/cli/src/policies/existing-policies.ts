import type { NewLoginPolicy } from '@login-policy/domain';
import {
  ABSENT,
  decide,
  describeRejection,
  evolveAll,
  InvalidValue,
  isOrganization,
  NO_FACTS,
  parseCommand,
  parseOwner,
  UnknownMember,
  type LoginPolicy,
  type LoginPolicyDecision,
  type Owner,
  type OwnerKind,
} from '@login-policy/domain/model';
import type { PolicyJson } from '../session/answers.js';
import type { PolicyRef } from '../session/policy-ref.js';
import type { Session } from '../session/session.js';
import { undefinedIfAbsent } from '../session/undefined-if-absent.js';
import { mapConcurrently } from './map-concurrently.js';
import { wholePolicies } from './whole-policies.js';

/** Makes the failure that names a malformed field. */
type InvalidField = (field: string, message: string) => Error;

function ownerKindOf(ref: PolicyRef): OwnerKind {
  return ref === undefined ? 'instance' : 'organization';
}

/** The existing policies, to compare a file with. */
export class ExistingPolicies {
  readonly #instance: Session['instance'];
  readonly #policies = new Map<PolicyRef, PolicyJson>();

  private constructor({ instance }: Session) {
    this.#instance = instance;
  }

  /** All policies: the default, and every custom policy. */
  static async all(session: Session, signal: AbortSignal): Promise<ExistingPolicies> {
    const existing = new ExistingPolicies(session);
    existing.#add(await session.policies.policy(undefined).catch(undefinedIfAbsent));
    for await (const policy of wholePolicies(session, signal)) existing.#add({ policy });
    return existing;
  }

  /** The policies of some owners. */
  static async of(session: Session, owners: readonly PolicyRef[]): Promise<ExistingPolicies> {
    const existing = new ExistingPolicies(session);
    for (const read of await mapConcurrently(owners, async (ref) => {
      const found = await session.policies.policy(ref).catch(undefinedIfAbsent);
      return found?.policy.owner.organizationId === ref ? found : undefined;
    }))
      existing.#add(read);
    return existing;
  }

  /** The organizations with a custom policy. */
  get organizationIds(): readonly string[] {
    return [...this.#policies.keys()].filter((ref) => ref !== undefined);
  }

  has(ref: PolicyRef): boolean {
    return this.#policies.has(ref);
  }

  /**
   * Whether a policy already matches the file, decided by the library. @throws the result of `failure` for malformed
   * input.
   */
  matches(ref: PolicyRef, wanted: NewLoginPolicy, failure: InvalidField): boolean {
    const state = this.state(ref);
    if (state === undefined) return false;
    const decision = this.#decided(ref, { wanted, state }, failure);
    return decision.outcome === 'accepted' && decision.events.length === 0;
  }

  /**
   * A policy as it would be after the file; `undefined` for one that would be refused. A new custom policy is as the
   * default in what the file does not name.
   *
   * @throws the result of `failure` for malformed input.
   */
  after(
    ref: PolicyRef,
    { byDefault = ABSENT, wanted }: { readonly byDefault?: LoginPolicy | undefined; readonly wanted: NewLoginPolicy },
    failure: InvalidField,
  ): LoginPolicy | undefined {
    const state = this.state(ref) ?? byDefault;
    const decision = this.#decided(ref, { wanted, state }, failure);
    return decision.outcome === 'accepted' ? evolveAll(state, decision.events, ownerKindOf(ref)) : undefined;
  }

  /** An existing policy's state; `undefined` for none, and for one that today's rules would refuse. */
  state(ref: PolicyRef): LoginPolicy | undefined {
    const existing = this.#policies.get(ref);
    return existing && stateOf(existing, this.#owner(ref));
  }

  #decided(
    ref: PolicyRef,
    { state, wanted }: { readonly state: LoginPolicy; readonly wanted: NewLoginPolicy },
    failure: InvalidField,
  ): LoginPolicyDecision {
    try {
      const command = parseCommand({ type: 'set', policy: wanted }, this.#owner(ref));
      return decide(command, state, { owner: ownerKindOf(ref), facts: { ...NO_FACTS, fallback: ABSENT } });
    } catch (caught) {
      if (!(caught instanceof InvalidValue)) throw caught;
      const { expected, field, received } = caught;
      const problem = caught instanceof UnknownMember ? { problem: caught.problem } : {};
      throw failure(field, describeRejection({ reason: 'invalid-argument', field, expected, received, ...problem }));
    }
  }

  #owner(ref: PolicyRef): Owner {
    return parseOwner(ref === undefined ? this.#instance : { ...this.#instance, organizationId: ref }, 'owner');
  }

  #add(read: { readonly policy: PolicyJson } | undefined): void {
    if (read !== undefined) this.#policies.set(read.policy.owner.organizationId, read.policy);
  }
}

/** The state after adding the policy; `undefined` for one that today's rules would refuse. */
function stateOf(
  { identityProviders, multiFactors, secondFactors, settings }: PolicyJson,
  owner: Owner,
): LoginPolicy | undefined {
  const policy = { settings, secondFactors, multiFactors, identityProviders };
  try {
    const kind = isOrganization(owner) ? 'organization' : 'instance';
    const added = decide(parseCommand({ type: 'add', policy }, owner), ABSENT, { owner: kind });
    return added.outcome === 'accepted' ? evolveAll(ABSENT, added.events, kind) : undefined;
  } catch (caught) {
    if (caught instanceof InvalidValue) return undefined;
    throw caught;
  }
}
