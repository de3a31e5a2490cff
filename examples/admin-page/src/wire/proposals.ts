import { acknowledging } from './command.js';
import { reasonIn } from './history.js';
import { listOf, objectOf, optionalText, textOf, type JsonObject } from './json.js';
import { send } from './request.js';
import { headersOf, INSTANCE, pathOf, type Scope } from './scope.js';
import type { Reach } from './task.js';

/** A step of a proposal: a command of the API on one policy. */
export interface ProposedStep {
  /** Empty for the default policy. */
  readonly organizationId: string;
  readonly command: JsonObject;
}

/** A change that others approve, or that has a date. */
export interface ProposalShown {
  readonly id: string;
  readonly stage: string;
  /** The policies of a rollout; `undefined` for one that is not. */
  readonly reach: Reach | undefined;
  readonly steps: readonly ProposedStep[];
  readonly reason: string | undefined;
  readonly proposer: string;
  readonly proposedAt: string;
  readonly approvers: readonly string[];
  readonly needed: number;
  readonly at: string | undefined;
  readonly until: string | undefined;
  readonly expiresAt: string;
  readonly problem: string | undefined;
}

/** A proposal that can't be read, and why. */
export interface UnreadableProposal {
  readonly id: string;
  readonly message: string;
}

/** A page of proposals, in the order of their ids. */
export interface ProposalPage {
  readonly proposals: readonly ProposalShown[];
  readonly unreadable: readonly UnreadableProposal[];
  /** Where the next page begins; `undefined` on the last one. */
  readonly next: string | undefined;
}

/** As many as the server gives at once. */
const MOST = '1000';
const PATH = pathOf(INSTANCE);

/** Reads a page of proposals; with `waiting`, only of those that are not finished. */
export async function readProposals(which: 'all' | 'waiting', after?: string): Promise<ProposalPage> {
  const query = new URLSearchParams({ which, limit: MOST, ...(after !== undefined && { after }) });
  const answer = objectOf(await send({ verb: 'GET', path: `${PATH}/proposals?${query}` }), 'the proposals');
  return {
    proposals: listOf(answer['proposals'], 'proposals', proposalOf),
    unreadable: listOf(answer['unreadable'], 'unreadable', unreadableOf),
    next: optionalText(answer['next'], 'next'),
  };
}

function unreadableOf(value: unknown): UnreadableProposal {
  const one = objectOf(value, 'an unreadable proposal');
  return { id: textOf(one['id'], 'id'), message: textOf(one['message'], 'message') };
}

/** Approves a proposal as it was seen, rejects it, or withdraws it. */
export async function decideProposal(
  name: 'approve' | 'reject' | 'withdraw',
  { id, seen, reason }: { readonly id: string; readonly seen?: readonly string[]; readonly reason: string },
): Promise<void> {
  const body = { id, ...(name === 'approve' && { seen }) };
  await send({ verb: 'POST', path: `${PATH}/_${name}_proposal`, headers: reasonHeader(reason), body });
}

/** When a change is carried out, and when it is taken back, in ISO 8601; absent for once it is approved, and never. */
export interface Dates {
  readonly at?: string | undefined;
  readonly until?: string | undefined;
}

/** A change to propose, or to carry out as an emergency. */
export interface ToPropose extends Dates {
  readonly scope: Scope;
  /** A command, or a rollout, as it was seen. */
  readonly change: JsonObject;
  /** The name of the proposal: given again under it, it is proposed once. */
  readonly id: string;
  readonly reason: string;
  /** The lock-outs that the user accepts. */
  readonly acknowledged: readonly string[];
}

/** Whether others are asked first, or, in an emergency, only told. */
export type Asking = 'propose' | 'emergency';

/** Proposes a change instead of making it, or carries it out as an emergency. */
export async function giveProposal(asking: Asking, given: ToPropose): Promise<ProposalShown> {
  const { scope, change, id, reason, acknowledged, at, until } = given;
  const body = { ...change, id, ...(at !== undefined && { at }), ...(until !== undefined && { until }) };
  const headers = { ...headersOf(scope), ...reasonHeader(reason), ...acknowledging(acknowledged) };
  const answer = await send({ verb: 'POST', path: `${pathOf(scope)}/_${asking}`, headers, body });
  return proposalOf(objectOf(answer, 'the answer')['proposal']);
}

function reasonHeader(reason: string): Readonly<Record<string, string>> {
  return reason === '' ? {} : { 'login-policy-reason': encodeURIComponent(reason.toWellFormed()) };
}

function proposalOf(value: unknown): ProposalShown {
  const one = objectOf(value, 'a proposal');
  const change = objectOf(one['change'], 'change');
  const isRollout = change['type'] === 'rollout';
  return {
    id: textOf(one['id'], 'id'),
    stage: textOf(one['stage'], 'stage'),
    reach: isRollout ? reachIn(change) : undefined,
    steps: isRollout
      ? [{ organizationId: '', command: objectOf(change['command'], 'command') }]
      : listOf(change['steps'], 'steps', stepOf),
    reason: reasonIn(one),
    proposer: actorIn(one['proposer']),
    proposedAt: textOf(one['proposedAt'], 'proposedAt'),
    approvers: listOf(one['approvals'], 'approvals', actorIn),
    needed: Number(one['needed']),
    at: optionalText(one['at'], 'at'),
    until: optionalText(one['until'], 'until'),
    expiresAt: textOf(one['expiresAt'], 'expiresAt'),
    problem: one['problem'] === undefined ? undefined : problemIn(objectOf(one['problem'], 'problem')),
  };
}

function reachIn({ organizationIds, withDefault }: JsonObject): Reach {
  return {
    organizationIds:
      organizationIds === undefined
        ? undefined
        : listOf(organizationIds, 'organizationIds', (one) => textOf(one, 'an id')),
    withDefault: withDefault !== false,
  };
}

function actorIn(value: unknown): string {
  return textOf(objectOf(value, 'a person')['actor'], 'actor');
}

function problemIn(problem: JsonObject): string {
  return optionalText(problem['message'], 'message') ?? optionalText(problem['reason'], 'reason') ?? '';
}

function stepOf(value: unknown): ProposedStep {
  const step = objectOf(value, 'a step');
  return {
    organizationId: optionalText(step['organizationId'], 'organizationId') ?? '',
    command: objectOf(step['command'], 'command'),
  };
}
