import type { OwnerRef } from '@login-policy/domain';
import { isOrganization } from '@login-policy/domain/model';
import {
  type FindRolloutOptions,
  type FoundRollout,
  type RolloutOptions,
  findRollout,
  rollOut,
} from '@login-policy/domain/rollout';
import { badHeader, noSuchRollout, permissionDenied, unreadable } from '../errors/refusals.js';
import { COMMAND_DATA, withLibraryNames } from './command-data.js';
import { linesAnswer, LINES } from './lines.js';
import type { OwnCall, OwnOperation, OwnRoute } from './own-route.js';
import { STILL_ALLOWING } from './preview-route.js';
import { queryOf } from './query.js';
import { rolloutCommandIn } from './rollout-command.js';
import { isTexts, REACH, REACH_PARAMETERS, reachIn, reachInQuery, type Reach } from './rollout-reach.js';
import { planLines, runLines, rolloutJson } from './rollout-answers.js';

const ID = { type: 'string', description: 'The caller’s name for the rollout, up to 180 characters.' };
const COMMAND: NonNullable<OwnOperation['body']> = {
  type: 'object',
  required: ['id'],
  properties: {
    id: ID,
    command: COMMAND_DATA,
    method: {
      type: 'string',
      description:
        'Instead of a command: a method of this service that adds or removes a factor or an identity provider, or Change.',
    },
    request: {
      type: 'object',
      description: 'What that method takes. Of Change: the settings to change, and no other.',
    },
    ...REACH,
  },
};
const IF_SEEN_BODY = {
  type: 'array',
  items: { type: 'string' },
  description: 'The `seen` of all steps of the plan, instead of the header Login-Policy-If-Seen.',
};
const ACKNOWLEDGE = 'Login-Policy-Acknowledge';
const HEADERS = ['Login-Policy-Reason', ACKNOWLEDGE];
const IF_SEEN = 'Login-Policy-If-Seen';
const OBJECT = { type: 'object' };
const COUNT = { type: 'integer' };
const RUN: OwnOperation['answer'] = { refusal: OBJECT, progress: OBJECT, end: OBJECT, stopped: OBJECT, error: OBJECT };

/** `POST /admin/v1/policies/login/_plan_rollout`: what a rollout would do to each policy. Nothing is written. */
export const planRolloutRoute: OwnRoute = {
  verb: 'POST',
  name: '_plan_rollout',
  requirement: 'read',
  only: 'instance',
  operation: {
    summary: 'Plan a rollout',
    body: COMMAND,
    headers: [IF_SEEN, ACKNOWLEDGE, 'Login-Policy-At-Least'],
    answer: { step: OBJECT, end: OBJECT, error: OBJECT },
    answerType: LINES,
  },
  async answer(ownCall) {
    const call = withLibraryNames(ownCall);
    const { policies, context } = call;
    const { asOf: _, ...read } = context.read;
    const reach = await reachOf(call);
    const rollout = rollOut(policies, context.instance, rolloutCommandIn(call), { ...optionsIn(call), ...reach });
    return linesAnswer(call, planLines(rollout, { ...read, signal: call.exchange.streamSignal }));
  },
};

/**
 * `POST /admin/v1/policies/login/_roll_out`: gives one command to the default policy and to every custom one. When it
 * is stopped, by its client or by the end of the server, the same call resumes it.
 */
export const rollOutRoute: OwnRoute = {
  verb: 'POST',
  name: '_roll_out',
  requirement: 'write',
  only: 'instance',
  // `ifSeen` has some hundred characters a policy.
  bodyFactor: 64,
  operation: {
    summary: 'Roll a change out over the default and all custom login policies',
    body: { ...COMMAND, properties: { ...COMMAND.properties, ifSeen: IF_SEEN_BODY } },
    headers: [IF_SEEN, ...HEADERS],
    answer: RUN,
    answerType: LINES,
  },
  async answer(ownCall) {
    const call = withLibraryNames(ownCall);
    const { policies, context } = call;
    const reach = await reachOf(call, ['ifSeen']);
    const command = rolloutCommandIn(call);
    const options = { ...optionsIn(call), ...reach, ...seenStepsIn(call) };
    const { answers, commands } = call;
    const pinned = await commands.pinned(command, options, { answers, instance: context.instance });
    const rollout = rollOut(policies, context.instance, command, pinned);
    const { streamSignal: signal } = call.exchange;
    return linesAnswer(call, runLines(rollout.carryOut({ signal }), { signal, command, call }));
  },
};

/**
 * `GET /admin/v1/policies/login/rollout?id=`: the state of a rollout, from its events; for chosen policies, if
 * `organizationIds` names them.
 */
export const rolloutRoute: OwnRoute = {
  verb: 'GET',
  name: 'rollout',
  requirement: 'read',
  only: 'instance',
  operation: {
    summary: 'State of a rollout',
    parameters: [{ name: 'id', in: 'query', required: true, schema: ID }, ...REACH_PARAMETERS],
    headers: ['Login-Policy-At-Least'],
    answer: {
      id: ID,
      command: OBJECT,
      actor: { type: 'string' },
      reason: { type: 'string' },
      recordedAt: { type: 'string', format: 'date-time' },
      refused: { type: 'array', items: OBJECT },
      changed: COUNT,
      unchanged: COUNT,
      pending: COUNT,
      stillAllowing: STILL_ALLOWING,
    },
  },
  async answer(call) {
    const { policies, context, exchange } = call;
    const { id = '', ...chosen } = queryOf(exchange.query, ['id', 'organizationIds', 'withDefault']);
    const reach = await checkedReach(call, reachInQuery(chosen));
    const { asOf: _, ...read } = context.read;
    const mayChange = permissionCheck(call, 'read');
    const found = await foundRollout(call, id, mayChange);
    const { actor, command } = found;
    const standing = rollOut(policies, context.instance, command, { id, actor, mayChange, ...reach }).standing(read);
    return { message: await rolloutJson(call, found, standing) };
  },
};

/** `POST /admin/v1/policies/login/_revert_rollout`: restores each policy as it was before its event of a rollout. */
export const revertRolloutRoute: OwnRoute = {
  verb: 'POST',
  name: '_revert_rollout',
  requirement: 'write',
  only: 'instance',
  operation: {
    summary: 'Revert a rollout',
    body: { type: 'object', required: ['id'], properties: { id: ID, ...REACH } },
    headers: HEADERS,
    answer: RUN,
    answerType: LINES,
  },
  async answer(call) {
    const { policies, context } = call;
    refuseHeaders(call, [IF_SEEN]);
    const { id, mayChange, ...options } = optionsIn(call);
    const reach = await reachOf(call);
    const { command } = await foundRollout(call, id, mayChange);
    const { streamSignal: signal } = call.exchange;
    const given = { id, actor: options.actor, mayChange, ...reach };
    const { answers, commands } = call;
    await commands.demandRevert(command, given, { answers, instance: context.instance });
    const rollout = rollOut(policies, context.instance, command, given);
    return linesAnswer(call, runLines(rollout.revert({ ...options, signal }), { signal }));
  },
};

type CheckedOptions = RolloutOptions & Required<Pick<RolloutOptions, 'mayChange'>>;

/** The rollout's options: its id, its actor, and which policies the actor may change. @throws ApiError */
function optionsIn(call: OwnCall): CheckedOptions {
  const { body, context } = call;
  const { id } = body;
  if (typeof id !== 'string') throw unreadable('id must be text.');
  refuseHeaders(call, ['If-Match', 'Idempotency-Key']);
  const { acknowledge, actor, ifSeen, reason } = context.command;
  return {
    id,
    actor,
    mayChange: permissionCheck(call, 'write'),
    ...(acknowledge !== undefined && { acknowledge }),
    ...(ifSeen !== undefined && { ifSeen }),
    ...(reason !== undefined && { reason }),
  };
}

/** @throws ApiError for a header that no rollout takes. */
function refuseHeaders({ exchange }: OwnCall, headers: readonly string[]): void {
  for (const header of headers)
    if (exchange.get(header.toLowerCase()) !== undefined)
      throw badHeader(header, 'absent: a rollout changes many policies, and is repeated under its id');
}

/** The policies the body names. @throws ApiError */
function reachOf(call: OwnCall, otherNames: readonly string[] = []): Promise<Reach> {
  return checkedReach(call, reachIn(call.body, [...Object.keys(COMMAND.properties), ...otherNames]));
}

/** The `seen` of the steps that the body names. @throws ApiError */
function seenStepsIn({ body: { ifSeen }, context: { command } }: OwnCall): Pick<RolloutOptions, 'ifSeen'> {
  if (ifSeen === undefined) return {};
  if (!isTexts(ifSeen)) throw unreadable('ifSeen must be a list of texts.');
  if (command.ifSeen !== undefined) throw badHeader(IF_SEEN, 'absent beside ifSeen in the body');
  return { ifSeen };
}

/**
 * An answer about all policies names the organizations that have one, as their list does.
 *
 * @throws ApiError when the caller may not read every policy of the instance.
 */
async function checkedReach({ context: { instance, isAllowed } }: OwnCall, reach: Reach): Promise<Reach> {
  const isChosen = reach.organizationIds !== undefined;
  if (isChosen || (await isAllowed('policy.read', instance))) return reach;
  throw permissionDenied('policy.read');
}

/** Checks the permission that the policy's own service would require. */
function permissionCheck({ context }: OwnCall, action: 'read' | 'write'): (owner: OwnerRef) => Promise<boolean> {
  return (owner) => context.isAllowed(isOrganization(owner) ? `policy.${action}` : `iam.policy.${action}`, owner);
}

/** The rollout. @throws ApiError when no policy that the caller may see has an event of it. */
async function foundRollout(
  { policies, answers, exchange, context }: OwnCall,
  id: string,
  maySee: NonNullable<FindRolloutOptions['maySee']>,
): Promise<FoundRollout> {
  const { asOf: _, ...read } = context.read;
  const finding = findRollout(policies, context.instance, id, { ...read, maySee, signal: exchange.signal });
  const { rollout } = await answers.ofRead(finding);
  if (rollout === undefined) throw noSuchRollout();
  return rollout;
}
