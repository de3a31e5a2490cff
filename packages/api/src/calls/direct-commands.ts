import type {
  CommandAnswer,
  CommandInput,
  CommandOptions,
  InstanceRef,
  LoginPolicies,
  OwnerRef,
} from '@login-policy/domain';
import type { RolloutCommand, RolloutOptions } from '@login-policy/domain/rollout';
import { needsApproval } from '../errors/proposal-refusals.js';
import type { ProposalsPort } from '../ports/proposals.js';
import type { PolicyAnswers } from './policy-answers.js';

/** So often a change is looked at again because another one came between the look and its record. */
const ATTEMPTS = 5;
/** A sequence that no policy has: a command under it is only ever answered as a repetition. */
const NO_SEQUENCE = 2n ** 62n;

interface Asked {
  readonly answers: PolicyAnswers;
  readonly instance: InstanceRef;
}

/** Carries out what callers may change alone, and refuses by name what somebody else has to approve. */
export class DirectCommands {
  readonly #policies: LoginPolicies;
  readonly #proposals: ProposalsPort | undefined;

  constructor(policies: LoginPolicies, proposals: ProposalsPort | undefined) {
    this.#policies = policies;
    this.#proposals = proposals;
  }

  /**
   * Carries out a command, on the policies by which it was judged to need nobody.
   *
   * @throws ApiError when it needs approval.
   */
  async execute(owner: OwnerRef, command: CommandInput, options: CommandOptions): Promise<CommandAnswer> {
    const proposals = this.#proposals;
    if (proposals === undefined) return this.#policies.execute(owner, command, options);
    for (let attempt = 1; ; attempt++) {
      const { causationId: _, reason: __, ...conditions } = options;
      const judged = await proposals.needsApproval(owner, command, conditions);
      if (judged.outcome === 'rejected') return (await this.#repeated(owner, command, options)) ?? judged;
      if (judged.needed > 0) {
        const repeated = await this.#repeated(owner, command, options);
        if (repeated !== undefined) return repeated;
        throw needsApproval(judged.needed);
      }
      const answer = await this.#policies.execute(owner, command, { ...options, ifSeen: judged.seen });
      const isChanged = answer.outcome === 'rejected' && answer.rejection.reason === 'changed-since';
      if (!isChanged || options.ifSeen !== undefined || attempt >= ATTEMPTS) return answer;
    }
  }

  /**
   * Refuses a rollout that needs approval. Returns its options, pinned to what it was judged by.
   *
   * @throws ApiError
   */
  async pinned(
    command: RolloutCommand,
    options: RolloutOptions,
    { answers, instance }: Asked,
  ): Promise<RolloutOptions> {
    if (this.#proposals === undefined) return options;
    const judged = await answers.ofRead(this.#proposals.rolloutNeedsApproval(instance, command, options));
    if (judged.needed > 0) throw needsApproval(judged.needed);
    return options.ifSeen === undefined ? { ...options, ifSeen: judged.seen } : options;
  }

  /** Refuses to revert a rollout where that needs approval: policy by policy, it can be proposed. @throws ApiError */
  async demandRevert(command: RolloutCommand, options: RolloutOptions, { answers, instance }: Asked): Promise<void> {
    if (this.#proposals === undefined) return;
    const judged = await answers.ofRead(this.#proposals.revertNeedsApproval(instance, command, options));
    if (judged.needed > 0) throw needsApproval(judged.needed);
  }

  /** The first answer to a command that was given before under its idempotency key, or that the key has another. */
  async #repeated(
    owner: OwnerRef,
    command: CommandInput,
    { ifEventId: _, ifSeen: __, ...options }: CommandOptions,
  ): Promise<CommandAnswer | undefined> {
    if (options.idempotencyKey === undefined) return undefined;
    const answer = await this.#policies.execute(owner, command, { ...options, ifSequence: NO_SEQUENCE });
    const isNew = answer.outcome === 'rejected' && answer.rejection.reason !== 'idempotency-key-reused';
    return isNew ? undefined : answer;
  }
}
