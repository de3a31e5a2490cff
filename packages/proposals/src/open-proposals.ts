import type { LoginPolicies, OrganizationRef } from '@login-policy/domain';
import {
  CommandHandler,
  monotonicIds,
  type Observe,
  type OptionRules,
  parseOptions,
  ProjectionRunner,
  rule,
  type Store,
  type EventId,
} from '@login-policy/event-sourcing';
import { proposalDecider, type ProposalCommand, type ProposalFacts } from './decide.js';
import { DueWork } from './due-work.js';
import { proposalEvents } from './event-codec.js';
import { Execution } from './execution.js';
import { Foresight } from './foresight.js';
import { oneForWhatMatters, type NeedsApproval } from './needs-approval.js';
import type { Looked } from './handler.js';
import type { MayApprove } from './parts.js';
import { Proposals } from './proposals.js';
import { proposalProjection } from './projection.js';
import type { ProposalEvent } from './events.js';
import type { ProposalState } from './proposal.js';
import type { ProposalRejection } from './refusals.js';

/** The options of proposals: the policies they change, and who decides. */
export interface ProposalsOptions {
  /** The store of the login policies. */
  readonly store: Store;
  readonly loginPolicies: LoginPolicies;
  /** Whether a person may approve or reject a proposal. Their own they never may, whatever it answers. */
  readonly mayApprove: MayApprove;
  /**
   * How many others have to approve a change. Default: one, for the default policy, for rollouts, and for what weakens
   * sign-ins or locks anybody out.
   */
  readonly needsApproval?: NeedsApproval;
  /** Whether an organization is still there when its change is proposed, approved or due. Default: not asked. */
  readonly organizations?: {
    /** Whether there is such an organization now. */
    exists(organization: OrganizationRef): boolean | Promise<boolean>;
  };
  /** As for the login policies. */
  readonly maxAgeMs?: number;
  /** Default: ULIDs by the machine's clock. */
  readonly ids?: () => EventId;
  /** Observes every decision and append, and its duration. */
  readonly observe?: Observe;
}

const OPTIONS: OptionRules<ProposalsOptions> = {
  store: rule.withMethods('consume', 'clock', 'close'),
  loginPolicies: rule.withMethods('execute', 'effectivePolicy'),
  mayApprove: rule.aFunction,
  needsApproval: rule.optional(rule.aFunction),
  organizations: rule.optional(rule.withMethods('exists')),
  maxAgeMs: rule.optional(rule.numberBetween(0, Number.MAX_SAFE_INTEGER)),
  ids: rule.optional(rule.aFunction),
  observe: rule.optional(rule.aFunction),
};

/**
 * Opens the proposals of a store. Close them before the login policies.
 *
 * @throws Fault as the store does.
 * @throws RangeError that names an unknown or malformed option.
 */
export async function openProposals(given: ProposalsOptions): Promise<Proposals> {
  const options = parseOptions(given, 'openProposals', OPTIONS);
  const { ids = monotonicIds(), loginPolicies, maxAgeMs, mayApprove, observe, store } = options;
  const { needsApproval = oneForWhatMatters, organizations } = options;
  const foresight = new Foresight({ loginPolicies, needsApproval, organizations });
  const readModel = await ProjectionRunner.open({ store, projection: proposalProjection, maxAgeMs });
  const { eventStore } = store;
  const clock = (): ReturnType<Store['clock']> => store.clock();
  const handler = new CommandHandler<
    ProposalCommand,
    ProposalEvent,
    ProposalState,
    ProposalRejection,
    ProposalFacts,
    Looked
  >({
    eventStore,
    decider: proposalDecider,
    events: proposalEvents,
    facts: { isNeededFor: () => true, lookUp: (_, command, asked) => factsOf(command, foresight, { clock, ...asked }) },
    ids,
    observe,
  });
  const execution = new Execution(loginPolicies);
  const work = new DueWork({ handler, readModel, foresight, execution, loginPolicies, clock });
  return new Proposals({ store, loginPolicies, handler, readModel, foresight, work, mayApprove, newId: ids });
}

/** The time, and for a new proposal what it would do now. */
async function factsOf(
  command: ProposalCommand,
  foresight: Foresight,
  { clock, conditions }: { readonly clock: Store['clock']; readonly conditions: Looked | undefined },
): Promise<ProposalFacts> {
  const now = (): string => new Date(clock()).toISOString();
  if (command.type !== 'propose') return { now: now() };
  const foreseen = await foresight.of(command, { ifSeen: command.seen, signal: conditions?.signal });
  if (foreseen.outcome === 'rejected') return { now: now(), foreseen: foreseen.rejection };
  const { before, needed, steps } = foreseen;
  const canEnd = steps.every(({ isDefault, sequence }) => !isDefault || sequence > 0n);
  if (command.until === undefined || canEnd) return { now: now(), foreseen: { before, needed } };
  const expected = 'left out for the first default policy, which can’t be taken back';
  const received = JSON.stringify(command.until);
  return { now: now(), foreseen: { reason: 'invalid-argument', field: 'options.until', expected, received } };
}
