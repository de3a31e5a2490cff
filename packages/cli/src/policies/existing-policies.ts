import type { NewLoginPolicy } from '@login-policy/domain';
import {
  ABSENT,
  decide,
  describeRejection,
  evolveAll,
  InvalidValue,
  isOrganization,
  parseCommand,
  parseOwner,
  UnknownMember,
  type LoginPolicy,
  type Owner,
} from '@login-policy/domain/model';
import type { PolicyJson } from '../session/answers.js';
import type { PolicyRef } from '../session/policies.js';
import type { Session } from '../session/session.js';
import { undefinedIfAbsent } from '../session/undefined-if-absent.js';
import { mapConcurrently } from './map-concurrently.js';
import { wholePolicies } from './whole-policies.js';

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
  matches(ref: PolicyRef, wanted: NewLoginPolicy, failure: (field: string, message: string) => Error): boolean {
    const owner = parseOwner(ref === undefined ? this.#instance : { ...this.#instance, organizationId: ref }, 'owner');
    try {
      const command = parseCommand({ type: 'set', policy: wanted }, owner);
      const existing = this.#policies.get(ref);
      const state = existing && stateOf(existing, owner);
      if (state === undefined) return false;
      const decision = decide(command, state, { owner: isOrganization(owner) ? 'organization' : 'instance' });
      return decision.outcome === 'accepted' && decision.events.length === 0;
    } catch (caught) {
      if (!(caught instanceof InvalidValue)) throw caught;
      const { expected, field, received } = caught;
      const problem = caught instanceof UnknownMember ? { problem: caught.problem } : {};
      throw failure(field, describeRejection({ reason: 'invalid-argument', field, expected, received, ...problem }));
    }
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
