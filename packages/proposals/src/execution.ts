import {
  RejectedError,
  type CommandAnswer,
  type CommandInput,
  type CommandOptions,
  type HistoryEntry,
  type LoginPolicies,
  type OwnerRef,
  type Rejected,
} from '@login-policy/domain';
import { isOrganization } from '@login-policy/domain/model';
import { rollOut, type Rollout, type RolloutProgress } from '@login-policy/domain/rollout';
import {
  commandFromJson,
  ownersOf,
  rolloutCommandFromJson,
  type RecordedPlan,
  type RecordedRollout,
} from './change.js';
import type { Problem, StepResult } from './events.js';
import { causeOf, rolloutOptions } from './foresight.js';
import type { Proposal } from './proposal.js';

/** What became of a proposal: of each of its policies; of a rollout, of those that were refused. */
export interface Executed {
  readonly steps: readonly StepResult[];
  /** Why it was not carried out, or not all of it. */
  readonly problem?: Problem;
}

/**
 * Carries out proposals on the policies, and takes them back. Everything is recorded under the proposal's id as
 * idempotency key, so that it happens once, however often and by however many processes it is tried.
 */
export class Execution {
  readonly #policies: LoginPolicies;

  constructor(policies: LoginPolicies) {
    this.#policies = policies;
  }

  /** Carries out what was approved, on the policies as they were approved. @throws Fault as the store does */
  carryOut(proposal: Proposal, signal: AbortSignal): Promise<Executed> {
    const { change } = proposal;
    return change.type === 'plan'
      ? this.#carryOutPlan(proposal, change, signal)
      : this.#carryOutRollout(proposal, change, signal);
  }

  /**
   * Takes back what was carried out: each policy as it was before, unless it was changed since. @throws Fault as the
   * store does
   */
  takeBack(proposal: Proposal, signal: AbortSignal): Promise<readonly StepResult[]> {
    const { change } = proposal;
    return change.type === 'plan'
      ? this.#takeBackPlan(proposal, change, signal)
      : this.#takeBackRollout(proposal, change, signal);
  }

  /** Step by step. The first refusal ends it: what comes after may depend on it. */
  async #carryOutPlan(proposal: Proposal, change: RecordedPlan, signal: AbortSignal): Promise<Executed> {
    const steps: StepResult[] = [];
    for (const [index, owner] of ownersOf(proposal, change).entries()) {
      const [step, ifSeen] = [change.steps[index], proposal.seen[index]];
      if (step === undefined) throw new TypeError('each owner has a command');
      const answer = await this.#policies.execute(owner, commandFromJson(step.command), {
        ...recordedBy(proposal, signal),
        idempotencyKey: causeOf(proposal.id),
        ...(ifSeen !== undefined && { ifSeen }),
        ...(change.acknowledge !== undefined && { acknowledge: change.acknowledge }),
      });
      const result = resultOf(owner, answer);
      steps.push(result);
      if (result.problem !== undefined) return { steps, problem: result.problem };
    }
    return { steps };
  }

  async #carryOutRollout(proposal: Proposal, change: RecordedRollout, signal: AbortSignal): Promise<Executed> {
    const [ifSeen] = proposal.seen;
    const rollout = this.#rollout(proposal, change, ifSeen === undefined ? {} : { ifSeen });
    return resultsOf(rollout.carryOut({ signal }), signal);
  }

  /**
   * Backwards. A policy whose last event is not the proposal's is left as it is, and named: somebody has changed it
   * since, and that is not to be undone.
   */
  async #takeBackPlan(proposal: Proposal, change: RecordedPlan, signal: AbortSignal): Promise<readonly StepResult[]> {
    const results: StepResult[] = [];
    const owners = [...ownersOf(proposal, change).entries()];
    for (const [index, owner] of owners.toReversed()) {
      const before = proposal.before?.[index];
      if (before === undefined || proposal.results?.[index]?.outcome !== 'changed') continue;
      const last = await lastEventOf(this.#policies, proposal, { owner, before: BigInt(before), signal });
      if (last === undefined) {
        results.push(resultOf(owner, CHANGED_SINCE));
        continue;
      }
      const answer = await this.#policies.execute(owner, takingBack(BigInt(before)), {
        ...recordedBy(proposal, signal, 'at its end'),
        idempotencyKey: `end of ${causeOf(proposal.id)}`,
        ifSequence: last.sequence,
        ifEventId: last.eventId,
        ...(change.acknowledge !== undefined && { acknowledge: change.acknowledge }),
      });
      results.push(resultOf(owner, answer));
    }
    return results.toReversed();
  }

  async #takeBackRollout(
    proposal: Proposal,
    change: RecordedRollout,
    signal: AbortSignal,
  ): Promise<readonly StepResult[]> {
    const { actor, reason } = recordedBy(proposal, signal, 'at its end');
    const by = { actor, signal, ...(reason !== undefined && { reason }) };
    const { acknowledge } = change;
    const reverting = this.#rollout(proposal, change, {}).revert(
      acknowledge === undefined ? by : { ...by, acknowledge },
    );
    const { problem, steps } = await resultsOf(reverting, signal);
    return problem === undefined ? steps : [{ outcome: 'refused', problem }];
  }

  #rollout(proposal: Proposal, change: RecordedRollout, conditions: { readonly ifSeen?: string }): Rollout {
    const { instanceId, id, proposer } = proposal;
    const { reason } = recordedBy(proposal);
    return rollOut(this.#policies, { instanceId }, rolloutCommandFromJson(change.command), {
      ...rolloutOptions(id, proposer.actor || ERASED, change),
      ...conditions,
      ...(reason !== undefined && { reason }),
    });
  }
}

/** The command that brings a policy back to its sequence before a change; an organization's first one goes again. */
export function takingBack(before: bigint): CommandInput {
  return before === 0n ? { type: 'remove' } : { type: 'revert', to: { sequence: before } };
}

/** The event of the proposal's rollout on a policy, unless something was recorded there since. */
export async function eventOfRollout(
  policies: LoginPolicies,
  { id }: Pick<Proposal, 'id'>,
  { owner, signal }: { readonly owner: OwnerRef; readonly signal?: AbortSignal | undefined },
): Promise<HistoryEntry | undefined> {
  const wait = signal === undefined ? {} : { signal };
  const newest = await policies.history(owner, { direction: 'backwards', limit: 1, ...wait });
  return newest.outcome === 'rejected' ? undefined : newest.entries.find((entry) => isOwn(entry, id));
}

/** A caller of the API chooses a correlation id; the key is derived from who calls, too. */
function isOwn({ correlationId, idempotencyKey = '' }: HistoryEntry, id: string): boolean {
  const cause = causeOf(id);
  const isKey =
    [cause, `rollout ${cause}`].includes(idempotencyKey) || idempotencyKey.startsWith(`rollout ${cause} since `);
  return isKey && correlationId === cause;
}

const PAGE = 100;

/** The last event in a row that the proposal itself recorded on a policy. */
export async function lastEventOf(
  policies: LoginPolicies,
  { id }: Pick<Proposal, 'id'>,
  {
    owner,
    before,
    signal,
  }: { readonly owner: OwnerRef; readonly before: bigint; readonly signal?: AbortSignal | undefined },
): Promise<{ readonly sequence: bigint; readonly eventId: string } | undefined> {
  let last: { readonly sequence: bigint; readonly eventId: string } | undefined;
  const wait = signal === undefined ? {} : { signal };
  for (let fromSequence = before + 1n; ; fromSequence += BigInt(PAGE)) {
    const page = await policies.history(owner, { fromSequence, limit: PAGE, ...wait });
    if (page.outcome === 'rejected') return last;
    for (const entry of page.entries) {
      if (!isOwn(entry, id)) return last;
      const { eventId, sequence } = entry;
      last = { sequence, eventId };
    }
    if (page.entries.length < PAGE) return last;
  }
}

const LONGEST_REASON = 2000;
/** In place of a name that was erased: what its owner decided is carried out all the same. */
const ERASED = 'erased';
/** So many approvers are named in a reason. */
const NAMED = 3;

/**
 * Under whose name it is recorded, why, and by which cause: the proposer, and in the reason who approved it, so that
 * every history tells both.
 */
function recordedBy(proposal: Proposal, signal?: AbortSignal, when = ''): CommandOptions {
  const { approvals, id, isEmergency, proposer, reason = '' } = proposal;
  const names = approvals.slice(0, NAMED).map(({ actor }) => actor || ERASED);
  const others = approvals.length > NAMED ? ` and ${approvals.length - NAMED} more` : '';
  const approved = isEmergency
    ? 'emergency'
    : `approved by ${names.length === 0 ? 'nobody' : names.join(', ')}${others}`;
  const note = `[proposal ${id}${when === '' ? '' : ` ${when}`}: ${approved}]`;
  const room = LONGEST_REASON - Array.from(note).length - 1;
  const told = Array.from(reason).slice(0, room).join('');
  const causationId = approvals.at(-1)?.eventId;
  return {
    actor: proposer.actor || ERASED,
    reason: told === '' ? note : `${told} ${note}`,
    correlationId: causeOf(id),
    ...(causationId !== undefined && { causationId }),
    ...(signal !== undefined && { signal }),
  };
}

const CHANGED_SINCE = {
  outcome: 'rejected',
  rejection: { reason: 'sequence-not-current' },
  message: 'Somebody has changed this policy since, so it is left as it is.',
} as const;

function resultOf(owner: OwnerRef, answer: CommandAnswer | typeof CHANGED_SINCE): StepResult {
  const of = isOrganization(owner) ? { organizationId: owner.organizationId } : {};
  if (answer.outcome === 'rejected') return { ...of, outcome: 'refused', problem: problemOf(answer) };
  // A repetition has no events: the first attempt recorded them.
  return { ...of, outcome: answer.events.length > 0 || answer.isRepeated ? 'changed' : 'unchanged' };
}

/** A refusal as it is recorded. */
export function problemOf({
  rejection,
  message,
}: {
  readonly rejection: Pick<Rejected['rejection'], 'reason'>;
  readonly message: string;
}): Problem {
  return { reason: rejection.reason, message };
}

/** The first policies that a rollout could not change. Without an end it is tried again. */
async function resultsOf(running: AsyncIterable<RolloutProgress>, signal: AbortSignal): Promise<Executed> {
  const steps: StepResult[] = [];
  try {
    for await (const { refusals } of running) {
      for (const { owner, reason, message } of refusals.slice(0, MOST_REFUSALS - steps.length)) {
        const of = isOrganization(owner) ? { organizationId: owner.organizationId } : {};
        steps.push({ ...of, outcome: 'refused', problem: { reason, message } });
      }
    }
  } catch (caught) {
    if (!(caught instanceof RejectedError)) throw caught;
    return { steps, problem: problemOf(caught) };
  }
  signal.throwIfAborted();
  return { steps };
}

const MOST_REFUSALS = 100;
