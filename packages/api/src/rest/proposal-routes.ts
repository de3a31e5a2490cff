import { isOrganization } from '@login-policy/domain/model';
import { positionToString } from '@login-policy/event-sourcing';
import type { Answer, RestText } from '../calls/call-context.js';
import { noSuchProposal } from '../errors/proposal-refusals.js';
import { unreadable as notReadable } from '../errors/refusals.js';
import { READ_HEADERS } from '../openapi/parameters.js';
import type { Schema } from '../openapi/schemas.js';
import type { ProposalAnswered, ProposalContent, ProposalsPort } from '../ports/proposals.js';
import { WHOLE_NUMBER, type OwnCall, type OwnRoute } from './own-route.js';
import { CHANGE_MEMBERS, changeIn, demandChange } from './proposal-change.js';
import { queryOf, wholeNumberOf } from './query.js';

const REASON = 'Login-Policy-Reason';
const ACKNOWLEDGE = 'Login-Policy-Acknowledge';
const ID: Schema = { type: 'string', description: 'The id of the proposal.' };
const INSTANT: Schema = { type: 'string', format: 'date-time' };
const DATES = {
  at: { ...INSTANT, description: 'Carried out at this instant. Left out: once it is approved.' },
  until: { ...INSTANT, description: 'Taken back at this instant. Left out: never.' },
  expiresAt: { ...INSTANT, description: 'Not approved by then, it is no longer asked.' },
};
const PROPOSAL: Schema = {
  type: 'object',
  description: 'id, stage, change, reason, proposer, approvals, needed, at, until, expiresAt, results, and more.',
};
const UNREADABLE: Schema = { type: 'object', description: 'id and message: of the page, and can’t be read.' };
const DONE = { proposal: PROPOSAL, position: WHOLE_NUMBER, isRepeated: { type: 'boolean' } };

/** The routes of proposals: to propose, list, look at, approve, reject and withdraw them, and emergencies. */
export function proposalRoutes(proposals: ProposalsPort): readonly OwnRoute[] {
  return [
    proposeRoute(proposals),
    emergencyRoute(proposals),
    listRoute(proposals),
    lookRoute(proposals),
    ...(['approve', 'reject', 'withdraw'] as const).map((name) => decideRoute(proposals, name)),
  ];
}

/** `POST …/policies/login/_propose`: proposes a change, which others approve. */
function proposeRoute(proposals: ProposalsPort): OwnRoute {
  return {
    verb: 'POST',
    name: '_propose',
    requirement: 'write',
    operation: {
      summary: 'Propose a change of login policies',
      body: { type: 'object', properties: { ...CHANGE_MEMBERS, ...DATES } },
      headers: [REASON, ACKNOWLEDGE],
      answer: DONE,
    },
    async answer(call) {
      const { at, expiresAt, until } = call.body;
      const options = { ...givenBy(call), ...idIn(call), ...present({ at, expiresAt, until }) };
      return answerOf(call, await proposals.propose(call.context.instance, await changeIn(call), options));
    },
  };
}

/** `POST …/policies/login/_emergency`: carries out at once what would need approval, and tells everybody. */
function emergencyRoute(proposals: ProposalsPort): OwnRoute {
  return {
    verb: 'POST',
    name: '_emergency',
    requirement: 'emergency',
    operation: {
      summary: 'Carry out a change of login policies at once, without approval',
      body: { type: 'object', properties: { ...CHANGE_MEMBERS, until: DATES.until } },
      headers: [REASON, ACKNOWLEDGE],
      answer: DONE,
    },
    async answer(call) {
      const options = { ...givenBy(call), ...idIn(call), ...present({ until: call.body['until'] }) };
      return answerOf(call, await proposals.emergency(call.context.instance, await changeIn(call), options));
    },
  };
}

/** `GET …/policies/login/proposals`: of an instance all; of an organization those about its own policy alone. */
function listRoute(proposals: ProposalsPort): OwnRoute {
  return {
    verb: 'GET',
    name: 'proposals',
    requirement: 'read',
    operation: {
      summary: 'List proposals',
      parameters: [
        {
          name: 'which',
          in: 'query',
          description: 'waiting: only those still to be decided, carried out or taken back.',
          schema: { type: 'string', enum: ['all', 'waiting'] },
        },
        { name: 'after', in: 'query', description: 'The next of the page before.', schema: { type: 'string' } },
        { name: 'limit', in: 'query', description: '1 to 1,000, 100 if it is left out.', schema: WHOLE_NUMBER },
      ],
      headers: READ_HEADERS,
      answer: {
        proposals: { type: 'array', items: PROPOSAL },
        unreadable: { type: 'array', items: UNREADABLE },
        next: { type: 'string' },
        position: WHOLE_NUMBER,
      },
    },
    async answer(call) {
      const { context, exchange } = call;
      const { limit: text, ...query } = queryOf(exchange.query, ['which', 'after', 'limit']);
      const limit = wholeNumberOf(text, 'limit');
      const own = isOrganization(context.owner) ? { organizationId: context.owner.organizationId } : {};
      const options = { ...readOf(call), ...query, ...own, ...(limit !== undefined && { limit }) };
      const listed = await proposals.list(context.instance, options);
      if (listed.outcome === 'rejected') throw call.answers.ofRefusedProposal(listed);
      const { next, position, unreadable } = listed;
      const page = { proposals: listed.proposals, unreadable, ...(next !== undefined && { next }) };
      return { message: JSON.stringify({ ...page, position: positionToString(position) }) };
    },
  };
}

/** `GET …/policies/login/proposal?id=`: one proposal, and while it is asked, its preview as it would be now. */
function lookRoute(proposals: ProposalsPort): OwnRoute {
  return {
    verb: 'GET',
    name: 'proposal',
    requirement: 'read',
    operation: {
      summary: 'Look at a proposal, and at what it would do now',
      parameters: [{ name: 'id', in: 'query', required: true, schema: ID }],
      headers: READ_HEADERS,
      answer: {
        proposal: PROPOSAL,
        now: {
          type: 'object',
          description: 'seen, needed, and the preview of each step or the plan; or rejection and message.',
        },
        position: WHOLE_NUMBER,
      },
    },
    async answer(call) {
      const { id = '' } = queryOf(call.exchange.query, ['id']);
      const { now, position, proposal } = await found(proposals, call, id);
      const mayName =
        isOrganization(call.context.owner) || (await call.context.isAllowed('policy.read', call.context.owner));
      const content = { proposal, ...(now !== undefined && { now: mayName ? now : unnamed(now) }) };
      return { message: JSON.stringify({ ...content, position: positionToString(position) }) };
    },
  };
}

/** `POST …/policies/login/_approve_proposal`, `_reject_proposal` and `_withdraw_proposal`. */
function decideRoute(proposals: ProposalsPort, name: 'approve' | 'reject' | 'withdraw'): OwnRoute {
  const seen: Schema = { type: 'array', items: { type: 'string' }, description: 'The now.seen of the proposal.' };
  return {
    verb: 'POST',
    name: `_${name}_proposal`,
    requirement: 'write',
    operation: {
      summary: `${name.charAt(0).toUpperCase()}${name.slice(1)} a proposal`,
      body: { type: 'object', required: ['id'], properties: { id: ID, ...(name === 'approve' && { seen }) } },
      headers: [REASON],
      answer: DONE,
    },
    async answer(call) {
      const { id, seen: given } = call.body;
      if (typeof id !== 'string') throw notReadable('id must be text.');
      const { proposal } = await found(proposals, call, id);
      await demandChange(call, proposal);
      const { acknowledge: _, ...by } = givenBy(call);
      const options = name === 'approve' ? { ...by, ...present({ seen: given }) } : by;
      return answerOf(call, await proposals[name](call.context.instance, id, options));
    },
  };
}

type Found = Extract<Awaited<ReturnType<ProposalsPort['proposal']>>, { readonly outcome: 'found' }>;

/** The proposal. Of an organization's route, only one about its own policy alone. @throws ApiError */
async function found(proposals: ProposalsPort, call: OwnCall, id: string): Promise<Found> {
  const { instance, owner } = call.context;
  const answer = await proposals.proposal(instance, id, readOf(call));
  if (answer.outcome === 'rejected') throw call.answers.ofRefusedProposal(answer);
  if (!isOrganization(owner) || isAbout(answer.proposal, owner.organizationId)) return answer;
  throw noSuchProposal();
}

function isAbout({ change }: ProposalContent, organizationId: string): boolean {
  return change.type === 'plan' && change.steps.every((step) => step.organizationId === organizationId);
}

/** Who gives it and why; what the guard lets pass. */
function givenBy({ context, exchange: { signal } }: OwnCall): { readonly [name: string]: unknown } {
  const { acknowledge, actor, reason } = context.command;
  return { actor, subject: context.subject, ...present({ acknowledge, reason, signal }) };
}

function idIn({ body: { id } }: OwnCall): object {
  return present({ id });
}

function readOf({ context: { read }, exchange: { signal } }: OwnCall): object {
  return present({ atLeast: read.atLeast, signal });
}

/** Without members that are undefined. */
function present(members: object): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** @throws ApiError when it was refused. */
function answerOf(call: OwnCall, answer: ProposalAnswered): Answer<RestText> {
  if (answer.outcome === 'rejected') throw call.answers.ofRefusedProposal(answer);
  const position = positionToString(answer.position);
  const { isRepeated, proposal } = answer;
  return { message: JSON.stringify({ proposal, position, isRepeated }), position };
}

/** What a proposal would do, without the names of the organizations it affects. */
function unnamed(now: object): object {
  const steps: unknown = Reflect.get(now, 'steps');
  if (!Array.isArray(steps)) return now;
  return { ...now, steps: steps.map((step: unknown) => (isStep(step) ? unnamedStep(step) : step)) };
}

interface Step {
  readonly affected: object;
  readonly people?: object;
}

function isStep(step: unknown): step is Step {
  return typeof step === 'object' && step !== null && 'affected' in step;
}

function unnamedStep({ affected, people, ...step }: Step): object {
  return {
    ...step,
    affected: { ...affected, organizations: [] },
    ...(people !== undefined && { people: 'organizations' in people ? { ...people, organizations: [] } : people }),
  };
}
