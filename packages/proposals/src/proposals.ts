import type { CommandInput, InstanceRef, OrganizationRef, OwnerRef, Rejected } from '@login-policy/domain';
import {
  answerOf,
  isYes,
  parseOrganization,
  type UpcomingPolicies,
  type UpcomingPolicy,
} from '@login-policy/domain/model';
import { previewCommand, type PreviewOptions } from '@login-policy/domain/preview';
import { rollOut, type RolloutCommand, type RolloutOptions } from '@login-policy/domain/rollout';
import { deepFrozen, Fault, START, type Consumer, type ProjectionRunner } from '@login-policy/event-sourcing';
import type { ApprovalsNeeded, ProposalAnswer, ProposalFound, ProposalList } from './answers.js';
import type { ProposedChange } from './change.js';
import type { ProposalCommand } from './decide.js';
import type { DueOptions, DueReport, Timer, TimerOptions } from './due-work.js';
import type { ProposalEvent } from './events.js';
import { causeOf, endOf } from './foresight.js';
import {
  parseApprove,
  parseClose,
  parseList,
  parsePropose,
  parseRead,
  parseWhich,
  type ApproveOptions,
  type CloseOptions,
  type EmergencyOptions,
  type ListOptions,
  type ParsedBy,
  type ProposeOptions,
  type ReadOptions,
} from './input.js';
import type { ProposalParts } from './parts.js';
import { idOfStream, isProposal, organizationValue, proposalStream } from './projection.js';
import type { Proposal } from './proposal.js';
import { readProposal } from './read-proposal.js';
import { parsed, refused, type ProposalRefused } from './refusals.js';
import { consumeProposals, type OnProposalOptions } from './telling.js';
import { upcomingFor } from './upcoming.js';
import { viewOf } from './view.js';

/** The idempotency key of a proposal in its own stream: it is made once. */
const ONCE = 'proposal';

/**
 * Changes that somebody else approves first, or that are carried out at a date (docs/how-to/four-eyes.md).
 *
 * A refused call does not throw: it returns `{ outcome: 'rejected', rejection, message }`. A thrown error is a `Fault`
 * of the store or a defect of the program.
 */
export class Proposals implements UpcomingPolicies {
  readonly #given: ProposalParts;
  readonly #open = new Set<Consumer | Timer>();
  #isClosed = false;

  /** Only for {@link openProposals}. */
  constructor(parts: ProposalParts) {
    this.#given = parts;
  }

  /** @throws StoreClosed: every call works with them. */
  get #parts(): ProposalParts {
    if (this.#isClosed) throw new Fault('store-closed', { store: 'the proposals' });
    return this.#given;
  }

  /** The runner of the read model: its state, its lag, its rebuild. */
  get readModel(): Pick<
    ProjectionRunner<ProposalEvent, Proposal>,
    'catchUp' | 'lag' | 'ready' | 'rebuild' | 'state' | 'unreadable'
  > {
    return this.#parts.readModel;
  }

  /** Proposes a change. Refused where the change itself would be refused now. */
  propose(instance: InstanceRef, change: ProposedChange, options: ProposeOptions): Promise<ProposalAnswer> {
    return this.#propose(instance, change, { options, isEmergency: false });
  }

  /**
   * Carries out a change at once that would need approval. It is recorded and told as an emergency before it is carried
   * out. The answer says what became of it.
   */
  async emergency(instance: InstanceRef, change: ProposedChange, options: EmergencyOptions): Promise<ProposalAnswer> {
    const begun = await this.#propose(instance, change, { options, isEmergency: true });
    if (begun.outcome === 'rejected') return begun;
    const { instanceId, id } = begun.proposal;
    const { proposal } = await readProposal(
      this.#parts,
      { instanceId, id },
      { atLeast: begun.position, signal: options.signal },
    );
    if (proposal === undefined) return begun;
    return { ...begun, proposal: viewOf(await this.#parts.work.advance(proposal, options.signal)) };
  }

  /** Approves a proposal as the approver saw it: refused if the policies are not as they were then. */
  async approve(instance: InstanceRef, id: string, options: ApproveOptions): Promise<ProposalAnswer> {
    const input = parsed(() => ({ ...parseWhich(instance, id), ...parseApprove(options) }));
    if ('outcome' in input) return input;
    const proposal = await this.#mine(input);
    if ('outcome' in proposal) return proposal;
    const { person, seen: ifSeen, signal } = input;
    const approval = await this.#parts.foresight.ofApproval(proposal, { ifSeen, signal });
    if (approval.outcome === 'rejected') return approval;
    const { needed, seen } = approval;
    return this.#handle(proposal, { type: 'approve', ...person, seen, needed }, input);
  }

  /** Rejects a proposal, for good. */
  async reject(instance: InstanceRef, id: string, options: CloseOptions): Promise<ProposalAnswer> {
    const input = parsed(() => ({ ...parseWhich(instance, id), ...parseClose(options) }));
    if ('outcome' in input) return input;
    const proposal = await this.#mine(input);
    if ('outcome' in proposal) return proposal;
    return this.#handle(proposal, { type: 'reject', ...input.person }, input);
  }

  /** Withdraws a proposal of one's own. */
  async withdraw(instance: InstanceRef, id: string, options: CloseOptions): Promise<ProposalAnswer> {
    const input = parsed(() => ({ ...parseWhich(instance, id), ...parseClose(options) }));
    if ('outcome' in input) return input;
    return this.#handle(
      { instanceId: input.instance.instanceId, id: input.id },
      { type: 'withdraw', ...input.person },
      input,
    );
  }

  /** One proposal, and what it would do now. */
  async proposal(
    instance: InstanceRef,
    id: string,
    options: ReadOptions = {},
  ): Promise<ProposalFound | ProposalRefused> {
    const input = parsed(() => ({ ...parseWhich(instance, id), freshness: parseRead(options) }));
    if ('outcome' in input) return input;
    const { freshness, instance: of } = input;
    const signal = endOf(freshness);
    const { proposal, position } = await readProposal(this.#parts, { ...of, id: input.id }, freshness);
    if (proposal === undefined) return refused({ reason: 'proposal-not-found' });
    const found = { outcome: 'found', proposal: viewOf(proposal), position } as const;
    if (proposal.stage !== 'open') return found;
    return { ...found, now: await this.#parts.foresight.now(proposal, { signal }) };
  }

  /** A page of an instance's proposals, in the order of their ids. */
  async list(instance: InstanceRef, options: ListOptions = {}): Promise<ProposalList | ProposalRefused> {
    const input = parsed(() => ({ ...parseWhich(instance, 'list'), ...parseList(options) }));
    if ('outcome' in input) return input;
    const { after, freshness, limit, organizationId, which } = input;
    const { instanceId } = input.instance;
    const by =
      organizationId === undefined
        ? { index: which, value: instanceId }
        : { index: `${which}-organization`, value: organizationValue(instanceId, organizationId) };
    const { rows, checkpoint = START } = await this.#parts.readModel.query(
      { ...by, limit, ...(after !== undefined && { afterKey: proposalStream(instanceId, after) }) },
      freshness,
    );
    const proposals = rows.flatMap(({ row }) => (isProposal(row) ? [viewOf(row)] : []));
    const unreadable = rows.flatMap(({ key, row }) =>
      isProposal(row) ? [] : [{ id: idOfStream(key), message: row.fault().message }],
    );
    // Of the last row, also where it can't be read: what follows it is listed all the same.
    const last = rows.length < limit ? undefined : rows.at(-1);
    const next = last && idOfStream(last.key);
    return { outcome: 'found', proposals, unreadable, next, position: checkpoint };
  }

  /** How many others would have to approve a command that is given now; refused as the command would be. */
  async needsApproval(
    owner: OwnerRef,
    command: CommandInput,
    options: PreviewOptions = {},
  ): Promise<ApprovalsNeeded | Rejected> {
    const preview = await previewCommand(this.#parts.loginPolicies, owner, command, options);
    if (preview.outcome === 'rejected') return preview;
    const needed = await this.#parts.foresight.ofCommand(owner, command, preview, options);
    return { outcome: 'found', needed, seen: preview.seen };
  }

  /** The same for a rollout. */
  async rolloutNeedsApproval(
    instance: InstanceRef,
    command: RolloutCommand,
    options: RolloutOptions,
  ): Promise<ApprovalsNeeded | Rejected> {
    return this.#parts.foresight.ofRollout(rollOut(this.#parts.loginPolicies, instance, command, options));
  }

  /** The same for reverting a rollout: all that it may have changed would be changed again. */
  async revertNeedsApproval(
    instance: InstanceRef,
    command: RolloutCommand,
    options: RolloutOptions,
  ): Promise<ApprovalsNeeded | Rejected> {
    const rollout = rollOut(this.#parts.loginPolicies, instance, command, options);
    return this.#parts.foresight.ofRollout(rollout, ({ 'nothing-to-do': done, ...others }) => {
      return { ...others, 'nothing-to-do': 0, 'would-change': done };
    });
  }

  /**
   * Carries out, takes back and expires what is due by the store's clock: once, however many processes do it. What fails
   * is in the report, holds up no other proposal, and is tried again by the next call.
   */
  async carryOutDue(options: DueOptions = {}): Promise<DueReport> {
    return this.#parts.work.run(options);
  }

  /** Does {@link carryOutDue} now and then, until it is closed. */
  keepCarryingOut(options: TimerOptions = {}): Timer {
    return this.#kept(() => this.#parts.work.start(options));
  }

  /**
   * Calls a handler with each event of each proposal: at least once, in commit order, by one process at a time, from the
   * checkpoint of the consumer of that name.
   */
  onProposal(options: OnProposalOptions): Consumer {
    return this.#kept(() => consumeProposals(this.#parts, options));
  }

  /** The policies that an organization's users will meet by approved proposals: for `openLoginPolicies({ upcoming })`. */
  async of(
    organization: OrganizationRef,
    wait: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<readonly UpcomingPolicy[]> {
    return upcomingFor(parseOrganization(organization, 'organization'), this.#parts, wait.signal);
  }

  /** Stops the background work. The store and the login policies stay open. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#open].map((one) => one.close()));
    await this.#given.readModel.close();
  }

  /** Closes them at the end of an `await using` scope. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #propose(
    instance: unknown,
    change: unknown,
    given: { readonly options: unknown; readonly isEmergency: boolean },
  ): Promise<ProposalAnswer> {
    const input = parsed(() => parsePropose(instance, change, { ...given, newId: this.#parts.newId }));
    if ('outcome' in input) return input;
    return this.#handle(input.command, input.command, { ...input.by, idempotencyKey: ONCE });
  }

  /** The proposal, if the program lets this person approve it. */
  async #mine(input: ParsedBy & ReturnType<typeof parseWhich>): Promise<Proposal | ProposalRefused> {
    const { id, instance, person, signal } = input;
    const { proposal } = await readProposal(this.#parts, { ...instance, id }, { signal });
    if (proposal === undefined) return refused({ reason: 'proposal-not-found' });
    const { actor, subject } = proposal.proposer;
    if (person.subject === subject || person.actor === actor) return refused({ reason: 'own-proposal' });
    const hook = 'mayApprove';
    const ask = (): boolean | Promise<boolean> =>
      this.#parts.mayApprove(deepFrozen(person), deepFrozen(viewOf(proposal)));
    const isAllowed = await answerOf(hook, { given: signal, leftMs: Infinity }, ask);
    return isYes(isAllowed, hook) ? proposal : refused({ reason: 'may-not-approve' });
  }

  async #handle(
    { instanceId, id }: Pick<Proposal, 'id' | 'instanceId'>,
    command: ProposalCommand,
    { idempotencyKey, person, reason, signal }: ParsedBy & { readonly idempotencyKey?: string },
  ): Promise<ProposalAnswer> {
    const handled = await this.#parts.handler.handle(proposalStream(instanceId, id), command, {
      actor: person.actor,
      correlationId: causeOf(id),
      reason,
      signal,
      idempotencyKey,
    });
    if (handled.outcome === 'accepted') {
      const { isRepeated, position, state } = handled;
      if (state === undefined) throw new Error('an accepted command leaves a proposal');
      return { outcome: 'accepted', proposal: viewOf(state), position, isRepeated };
    }
    const { rejection } = handled;
    if (rejection.reason === 'idempotency-key-reused') return refused({ reason: 'proposal-already-exists' });
    if (rejection.reason === 'revision-not-current') throw new Error('no revision was expected');
    return refused(rejection);
  }

  #kept<One extends Consumer | Timer>(start: () => One): One {
    const one = start();
    this.#open.add(one);
    return one;
  }
}
