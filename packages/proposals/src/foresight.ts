import {
  toJson,
  type CommandInput,
  type LoginPolicies,
  type OrganizationRef,
  type OwnerRef,
  type Rejected,
} from '@login-policy/domain';
import { Deadline, deepFrozen, isFault } from '@login-policy/event-sourcing';
import { answerOf, isOrganization, isYes } from '@login-policy/domain/model';
import { previewCommand, type Preview, type PreviewOptions } from '@login-policy/domain/preview';
import {
  rollOut,
  type Rollout,
  type RolloutCommand,
  type RolloutOptions,
  type RolloutPlan,
} from '@login-policy/domain/rollout';
import type { ApprovalsNeeded, ProposalNow } from './answers.js';
import {
  commandFromJson,
  ownersOf,
  rolloutCommandFromJson,
  type RecordedChange,
  type RecordedPlan,
  type RecordedRollout,
} from './change.js';
import { commandPreview, type ChangePreview, type CommandPreview, type NeedsApproval } from './needs-approval.js';
import { isSame, type Proposal } from './proposal.js';
import { refused, type ProposalRefused } from './refusals.js';

/** A change of an instance, as it is recorded. */
export interface ChangeOf {
  readonly instanceId: string;
  readonly id: string;
  readonly change: RecordedChange;
}

/** What a change would do now. */
export interface Foreseen {
  readonly outcome: 'foreseen';
  /** What this depends on: of each policy, or of the default for a rollout. */
  readonly seen: readonly string[];
  /** The sequence of each policy; `0` for none in force. */
  readonly before: readonly string[];
  /** Of each step. */
  readonly steps: readonly CommandPreview[];
  /** The first page of the plan of a rollout. */
  readonly plan?: RolloutPlan;
  /** How many others have to approve it. */
  readonly needed: number;
}

/** What an approval is of, and how many of them are needed. */
type ApprovalForeseen = Pick<Foreseen, 'needed' | 'outcome' | 'seen'>;

/** How far to look, and for how long. */
export interface Looking {
  /** Refuse if this is not what holds now. */
  readonly ifSeen?: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/** How long to wait for what is looked up. */
export interface Wait {
  readonly signal?: AbortSignal | undefined;
  readonly waitMs?: number | undefined;
}

/** A signal that fires when a wait is over. */
export function endOf({ signal, waitMs }: Wait): AbortSignal | undefined {
  if (waitMs === undefined) return signal;
  const late = AbortSignal.timeout(waitMs);
  return Deadline.firstToAbort(signal, late).signal;
}

/** What a change is looked at with. */
export interface ForesightParts {
  readonly loginPolicies: LoginPolicies;
  readonly needsApproval: NeedsApproval;
  /** Whether an organization still exists. */
  readonly organizations: { exists(organization: OrganizationRef): boolean | Promise<boolean> } | undefined;
}

const MOST_APPROVALS = 100;
/** Policies of a rollout looked at in one page. */
const PAGE = 100;

/** Looks at what proposed changes would do now. Writes nothing. */
export class Foresight {
  readonly #parts: ForesightParts;

  constructor(parts: ForesightParts) {
    this.#parts = parts;
  }

  /** What a change would do now, or why it would be refused. */
  async of(proposal: ChangeOf, looking: Looking = {}): Promise<Foreseen | ProposalRefused> {
    const { change } = proposal;
    const gone = await this.#gone(proposal, looking);
    if (gone !== undefined) return refused({ reason: 'organization-not-found', organizationId: gone });
    return change.type === 'rollout'
      ? this.#ofRollout(proposal, change, looking)
      : this.#ofPlan(proposal, change, looking);
  }

  /**
   * What an approval is of. Where the policies are still as the approvals before were given on, it is of the same,
   * although its giver saw another default policy that none of the users meets.
   */
  async ofApproval(proposal: Proposal, looking: Required<Looking>): Promise<ApprovalForeseen | ProposalRefused> {
    const { approvals, needed, seen, stage } = proposal;
    // Whether it may still be approved is decided where that is recorded.
    if (stage !== 'open') return { outcome: 'foreseen', needed, seen: looking.ifSeen };
    const foreseen = await this.of(proposal, looking);
    if (foreseen.outcome === 'rejected') return foreseen;
    const isOfOther = approvals.length > 0 && !isSame(seen, looking.ifSeen);
    const before = isOfOther && (await this.of(proposal, { ...looking, ifSeen: seen }));
    const isAsBefore = before !== false && before.outcome === 'foreseen';
    return { outcome: 'foreseen', needed: foreseen.needed, seen: isAsBefore ? seen : looking.ifSeen };
  }

  /** The same for who looks at a proposal, who may reject or withdraw it although a policy can't be read. */
  async now(proposal: ChangeOf, looking: Looking): Promise<ProposalNow | ProposalRefused> {
    try {
      const foreseen = await this.of(proposal, looking);
      return foreseen.outcome === 'rejected' ? foreseen : nowOf(foreseen);
    } catch (caught) {
      if (!isFault(caught, 'written-by-newer-program') && !isFault(caught, 'unreadable-event')) throw caught;
      return refused({ reason: 'policy-unreadable', problem: caught.message });
    }
  }

  /** How many others have to approve one command. */
  ofCommand(owner: OwnerRef, command: CommandInput, preview: Preview, wait: Wait = {}): Promise<number> {
    return this.#needed([commandPreview(preview, owner, command)], endOf(wait));
  }

  /** How many have to approve what a rollout would do, or what its revert would, by other counts. */
  async ofRollout(
    rollout: Pick<Rollout, 'plan'>,
    countsOf = (counts: RolloutPlan['counts']): RolloutPlan['counts'] => counts,
  ): Promise<ApprovalsNeeded | Rejected> {
    const looked = await this.#wholePlan(rollout, undefined, countsOf);
    if ('rejection' in looked) return looked;
    return { outcome: 'found', needed: looked.needed, seen: looked.first.seen };
  }

  /** The first page of a plan, and how many have to approve the whole: a later page may matter more. */
  async #wholePlan(
    rollout: Pick<Rollout, 'plan'>,
    signal: AbortSignal | undefined,
    countsOf = (counts: RolloutPlan['counts']): RolloutPlan['counts'] => counts,
  ): Promise<{ readonly first: RolloutPlan; readonly needed: number } | Rejected> {
    let [needed, first, after]: [number, RolloutPlan?, string?] = [0];
    for (;;) {
      const page = { limit: PAGE, ...(after !== undefined && { after }), ...(signal !== undefined && { signal }) };
      const plan = await rollout.plan(page);
      if (plan.outcome === 'rejected') return plan;
      first ??= plan;
      const neededHere = await this.#needed([{ ...plan, counts: countsOf(plan.counts) }], signal);
      needed = Math.max(needed, neededHere);
      if (plan.next === undefined) return { first, needed };
      after = plan.next;
    }
  }

  async #ofPlan(
    proposal: ChangeOf,
    { acknowledge, steps }: RecordedPlan,
    { ifSeen, signal }: Looking,
  ): Promise<Foreseen | ProposalRefused> {
    if (ifSeen !== undefined && ifSeen.length !== steps.length) return refused({ reason: 'seen-no-longer-holds' });
    const owners = ownersOf(proposal, proposal.change);
    const commands = steps.map(({ command }) => commandFromJson(command));
    const previews: CommandPreview[] = [];
    for (const [index, owner] of owners.entries()) {
      const [command, seen] = [commands[index], ifSeen?.[index]];
      if (command === undefined) throw new TypeError('each owner has a command');
      const answer = await previewCommand(this.#parts.loginPolicies, owner, command, {
        ...besideOf(owners, commands, owner),
        ...(acknowledge !== undefined && { acknowledge }),
        ...(seen !== undefined && { ifSeen: seen }),
        ...(signal !== undefined && { signal }),
      });
      if (answer.outcome === 'rejected') return answer;
      previews.push(commandPreview(answer, owner, command));
    }
    return {
      outcome: 'foreseen',
      seen: previews.map(({ seen }) => seen),
      before: previews.map(({ sequence }) => String(sequence)),
      steps: previews,
      needed: await this.#needed(previews, signal),
    };
  }

  async #ofRollout(
    { id, instanceId }: ChangeOf,
    change: RecordedRollout,
    { ifSeen, signal }: Looking,
  ): Promise<Foreseen | ProposalRefused> {
    const command = rolloutCommandFromJson(change.command);
    const rollout = rollOut(this.#parts.loginPolicies, { instanceId }, command, rolloutOptions(id, 'nobody', change));
    const looked = await this.#wholePlan(rollout, signal);
    if ('rejection' in looked) return looked;
    const { first: plan, needed } = looked;
    const seen = [plan.seen];
    if (ifSeen !== undefined && (ifSeen.length !== 1 || ifSeen[0] !== plan.seen))
      return (await this.#changedDefault(instanceId, command, ifSeen)) ?? refused({ reason: 'seen-no-longer-holds' });
    return { outcome: 'foreseen', seen, before: [], steps: [], plan, needed };
  }

  /** What was changed on the default policy since it was seen. */
  async #changedDefault(
    instanceId: string,
    command: RolloutCommand,
    [ifSeen]: readonly string[],
  ): Promise<ProposalRefused | undefined> {
    if (ifSeen === undefined) return undefined;
    const preview = await previewCommand(this.#parts.loginPolicies, { instanceId }, command, { ifSeen });
    const isSo =
      preview.outcome === 'rejected' && ['changed-since', 'invalid-argument'].includes(preview.rejection.reason);
    return isSo ? preview : undefined;
  }

  async #needed(previews: readonly ChangePreview[], signal: AbortSignal | undefined): Promise<number> {
    let needed = 0;
    for (const preview of previews) {
      const answer: unknown = await answerOf('needsApproval', { given: signal, leftMs: Infinity }, () =>
        this.#parts.needsApproval(deepFrozen(preview)),
      );
      if (typeof answer !== 'number' || !Number.isInteger(answer) || answer < 0 || answer > MOST_APPROVALS)
        throw new Error(`needsApproval must answer a whole number from 0 to ${MOST_APPROVALS}, not ${String(answer)}`);
      needed = Math.max(needed, answer);
    }
    return needed;
  }

  /** The first organization of a change that is no longer there. */
  async #gone({ change, instanceId }: ChangeOf, { signal }: Looking): Promise<string | undefined> {
    const { organizations } = this.#parts;
    if (organizations === undefined) return undefined;
    const ids =
      change.type === 'rollout'
        ? (change.organizationIds ?? [])
        : change.steps.flatMap(({ organizationId }) => organizationId ?? []);
    const hook = 'organizations.exists';
    for (const organizationId of ids) {
      const ask = (): boolean | Promise<boolean> => organizations.exists({ instanceId, organizationId });
      if (!isYes(await answerOf(hook, { given: signal, leftMs: Infinity }, ask), hook)) return organizationId;
    }
    return undefined;
  }
}

/** The other steps of a plan, so that each is judged by what users meet after all of them. */
export function besideOf(
  owners: readonly OwnerRef[],
  commands: readonly CommandInput[],
  owner: OwnerRef,
): Pick<PreviewOptions, 'beside'> {
  if (owners.length === 1) return {};
  if (isOrganization(owner)) {
    const byDefault = commands[owners.findIndex((one) => !isOrganization(one))];
    return byDefault === undefined ? {} : { beside: { byDefault } };
  }
  const others = owners.filter((one) => isOrganization(one));
  return { beside: { organizationIds: others.map(({ organizationId }) => organizationId) } };
}

/** What is foreseen, as JSON. */
function nowOf({ needed, plan, seen, steps }: Foreseen): ProposalNow {
  return {
    seen,
    needed,
    steps: steps.map((step) => toJson({ outcome: 'found', ...step })),
    ...(plan !== undefined && { plan: toJson({ outcome: 'found', ...plan }) }),
  };
}

/** The options of the rollout of a proposal, without its conditions. */
export function rolloutOptions(
  id: string,
  actor: string,
  { acknowledge, organizationIds, withDefault }: RecordedRollout,
): RolloutOptions {
  return {
    id: causeOf(id),
    actor,
    ...(acknowledge !== undefined && { acknowledge }),
    ...(organizationIds !== undefined && { organizationIds }),
    ...(withDefault !== undefined && { withDefault }),
  };
}

/** The correlation id and idempotency key of all that a proposal records on policies, and the id of its rollout. */
export function causeOf(id: string): string {
  return `proposal ${id}`;
}
