import { accept, reject, type Decider, type Decision } from '@login-policy/event-sourcing';
import type { ParsedChange } from './change.js';
import type { Problem, ProposalEvent, ProposalMade, StepResult } from './events.js';
import { dueAt, evolve, isApproved, isSame, type Person, type Proposal, type ProposalState } from './proposal.js';
import type { ProposalRejection } from './refusals.js';

/** A proposal to be made, in its canonical form. */
export interface Propose extends Person, ParsedChange {
  readonly type: 'propose';
  readonly instanceId: string;
  readonly id: string;
  readonly at?: string;
  readonly until?: string;
  readonly expiresAt?: string;
  readonly isEmergency: boolean;
}

/** Every command on a proposal. */
export type ProposalCommand =
  | Propose
  | ({ readonly type: 'approve'; readonly seen: readonly string[]; readonly needed: number } & Person)
  | ({ readonly type: 'reject' | 'withdraw' } & Person)
  | { readonly type: 'expire' }
  /** The policies are no longer as they were approved. */
  | { readonly type: 'void'; readonly seen: readonly string[]; readonly problem: Problem }
  | { readonly type: 'begin'; readonly seen: readonly string[]; readonly before: readonly string[] }
  | { readonly type: 'finish' | 'end'; readonly steps: readonly StepResult[] }
  | { readonly type: 'fail'; readonly problem: Problem; readonly steps: readonly StepResult[] };

/** What a decision needs from outside: the store's clock, and for a new proposal what it would do now. */
export interface ProposalFacts {
  /** ISO 8601 in UTC. */
  readonly now: string;
  readonly foreseen?: { readonly needed: number; readonly before: readonly string[] } | ProposalRejection;
}

type ProposalDecision = Decision<ProposalEvent, ProposalRejection>;

/** How long a proposal is asked, if its proposer names no time: from when it is made, or from its date. */
const ASKED_MS = 30 * 86_400_000;
/** Later years have more digits: their texts do not compare as instants. */
const LAST = Date.parse('9999-12-31T23:59:59.999Z');

/** The rules of proposals. */
export const proposalDecider: Decider<ProposalCommand, ProposalEvent, ProposalState, ProposalRejection, ProposalFacts> =
  {
    initial: undefined,
    evolve,
    decide(command, state, { facts }) {
      if (facts === undefined) throw new TypeError('a proposal is decided by the time');
      if (command.type === 'propose')
        return state === undefined ? propose(command, facts) : reject({ reason: 'proposal-already-exists' });
      if (state === undefined) return reject({ reason: 'proposal-not-found' });
      // The clock may have been set back: time does not pass backwards within a proposal.
      const now = facts.now > state.changedAt ? facts.now : state.changedAt;
      return decideOn(state, command, now);
    },
  };

function decideOn(state: Proposal, command: Exclude<ProposalCommand, Propose>, now: string): ProposalDecision {
  switch (command.type) {
    case 'approve':
      return approve(state, command, now);
    case 'reject':
      return close(state, command, { type: 'ProposalRejected', data: subjectOf(command) });
    case 'withdraw':
      return close(state, command, { type: 'ProposalWithdrawn', data: {} });
    case 'expire':
      return isOver(state, now) ? accept({ type: 'ProposalExpired', data: {} }) : accept();
    case 'void':
      return (isApproved(state) || isBegun(state)) && isSame(state.seen, command.seen)
        ? accept({ type: 'ApprovalsVoided', data: { problem: command.problem } })
        : accept();
    case 'begin':
      return begin(state, command, now);
    case 'finish':
      return finish(state, command.steps);
    case 'fail':
      return fail(state, command, now);
    case 'end':
      return end(state, command.steps, now);
  }
}

/** An emergency is not asked again: it is over. */
function isBegun({ isEmergency, stage }: Proposal): boolean {
  return stage === 'begun' && !isEmergency;
}

function propose(command: Propose, { now, foreseen }: ProposalFacts): ProposalDecision {
  if (foreseen === undefined) throw new TypeError('a proposal is decided by what it would do');
  if ('reason' in foreseen) return reject(foreseen);
  const refusal = refusedDates(command, now);
  if (refusal !== undefined) return reject(refusal);
  const { type: _, actor: __, subject: ___, at, until, ...given } = command;
  const latest = new Date(Math.min(Date.parse(at !== undefined && at > now ? at : now) + ASKED_MS, LAST)).toISOString();
  const expiresAt = given.expiresAt ?? (until !== undefined && until < latest ? until : latest);
  const { before, needed } = foreseen;
  const data: ProposalMade['data'] = {
    ...{ ...given, ...subjectOf(command), expiresAt, needed: command.isEmergency ? 0 : needed },
    ...(at !== undefined && { at }),
    ...(until !== undefined && { until }),
  };
  const made = { type: 'ProposalMade', data } as const;
  return command.isEmergency
    ? accept<ProposalEvent>(made, { type: 'CarryingOutBegun', data: { before, dueAt: now } })
    : accept(made);
}

/** The dates lie in the future, in their order. */
function refusedDates({ at, expiresAt, until }: Propose, now: string): ProposalRejection | undefined {
  const past = (
    [
      ['at', at],
      ['until', until],
      ['expiresAt', expiresAt],
    ] as const
  ).find(([, date]) => date !== undefined && date <= now);
  if (past !== undefined) return invalid(past[0], `an instant after ${now}, the time of the store`, past[1]);
  if (at !== undefined && until !== undefined && until <= at) return invalid('until', 'later than options.at', until);
  if (expiresAt !== undefined && until !== undefined && expiresAt > until)
    return invalid('expiresAt', 'no later than options.until', expiresAt);
  return undefined;
}

function invalid(option: string, expected: string, received: string | undefined): ProposalRejection {
  return { reason: 'invalid-argument', field: `options.${option}`, expected, received: JSON.stringify(received) };
}

/** Nobody approves what they proposed themselves, nor twice, by whichever account of theirs. */
function approve(
  state: Proposal,
  command: Extract<ProposalCommand, { readonly type: 'approve' }>,
  now: string,
): ProposalDecision {
  if (isOver(state, now)) return reject({ reason: 'proposal-expired', at: state.expiresAt });
  if (state.stage !== 'open') return reject({ reason: 'proposal-closed', stage: state.stage });
  if (isOf(state.proposer, command)) return reject({ reason: 'own-proposal' });
  const { needed, seen } = command;
  if (isSame(seen, state.seen) && state.approvals.some((one) => isOf(one, command))) return accept();
  return accept({ type: 'ProposalApproved', data: { ...subjectOf(command), seen, needed } });
}

/** Recorded only where it says more than the actor, whose name can be erased. */
function subjectOf({ actor, subject }: Person): { readonly subject?: string } {
  return subject === actor ? {} : { subject };
}

function isOf(one: Person, other: Person): boolean {
  return one.subject === other.subject || one.actor === other.actor;
}

/** Its proposer withdraws it; others reject it. */
function close(
  { proposer, stage }: Proposal,
  command: Person & { readonly type: 'reject' | 'withdraw' },
  event: ProposalEvent,
): ProposalDecision {
  if (stage !== 'open') return reject({ reason: 'proposal-closed', stage });
  const isOwn = isOf(proposer, command);
  if (command.type === 'withdraw' && !isOwn) return reject({ reason: 'not-the-proposer' });
  if (command.type === 'reject' && isOwn) return reject({ reason: 'own-proposal' });
  return accept(event);
}

/** Whether nobody is asked any more: not approved in time, or all of its time passed while nobody carried it out. */
export function isOver(state: Proposal, now: string): boolean {
  if (state.stage !== 'open') return false;
  return (!isApproved(state) && now >= state.expiresAt) || (state.until !== undefined && now >= state.until);
}

/** It is begun once, when it is due, and only as it was approved. */
function begin(
  state: Proposal,
  { before, seen }: Extract<ProposalCommand, { readonly type: 'begin' }>,
  now: string,
): ProposalDecision {
  if (state.stage === 'begun') return accept();
  if (!isDue(state, now) || !isSame(state.seen, seen)) return reject({ reason: 'proposal-not-due' });
  return accept({ type: 'CarryingOutBegun', data: { before, dueAt: dueAt(state) } });
}

/** Whether an approved proposal is to be carried out now. */
export function isDue(state: Proposal, now: string): boolean {
  return isApproved(state) && now >= dueAt(state) && !isOver(state, now);
}

/**
 * Also after it was recorded as failed: a process that was slow may have carried it out all the same, and the record
 * tells what is so.
 */
function finish({ begunAt, stage }: Proposal, steps: readonly StepResult[]): ProposalDecision {
  if (stage === 'carried-out' || stage === 'ended') return accept();
  if (stage !== 'begun' && (stage !== 'failed' || begunAt === undefined)) return reject({ reason: 'proposal-not-due' });
  return accept({ type: 'ProposalCarriedOut', data: { steps } });
}

function fail(
  state: Proposal,
  { problem, steps }: Extract<ProposalCommand, { readonly type: 'fail' }>,
  now: string,
): ProposalDecision {
  if (state.stage !== 'begun' && !isDue(state, now)) return accept();
  return accept({ type: 'ProposalNotCarriedOut', data: { problem, steps } });
}

function end(state: Proposal, steps: readonly StepResult[], now: string): ProposalDecision {
  if (state.stage === 'ended') return accept();
  if (!isToBeTakenBack(state, now)) return reject({ reason: 'proposal-not-due' });
  return accept({ type: 'ProposalEnded', data: { steps } });
}

/** Whether what was carried out is to be taken back now. */
export function isToBeTakenBack({ stage, until }: Proposal, now: string): boolean {
  return stage === 'carried-out' && until !== undefined && now >= until;
}
