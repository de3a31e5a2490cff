import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import type { CommandInput, OwnerRef } from '@login-policy/domain';
import { isOrganization } from '@login-policy/domain/model';
import { permissionDenied, unknownName, unreadable } from '../errors/refusals.js';
import type { Schema } from '../openapi/schemas.js';
import type { ProposalContent } from '../ports/proposals.js';
import { COMMAND_DATA, commandData } from './command-data.js';
import type { OwnCall, OwnOperation } from './own-route.js';
import { isJsonObject } from './read-request.js';

const SEEN: Schema = { type: 'string', description: 'The seen of the preview, the policy or the plan.' };
const IDS: Schema = { type: 'array', items: { type: 'string' } };

/** The body of a proposal: a command on the policy of the route, or for an instance a plan or a rollout. */
export const CHANGE_MEMBERS: NonNullable<OwnOperation['body']>['properties'] = {
  id: { type: 'string', description: 'The caller’s name for it: 1 to 100 letters, digits, -, _ or .' },
  command: COMMAND_DATA,
  seen: SEEN,
  steps: {
    type: 'array',
    description: 'Instead of a command: a plan. A step without organizationId is on the default policy.',
    items: {
      type: 'object',
      required: ['command', 'seen'],
      properties: { organizationId: { type: 'string' }, command: COMMAND_DATA, seen: SEEN },
    },
  },
  rollout: {
    type: 'object',
    description: 'Instead of a command: one for the default policy and every custom one, or for chosen ones.',
    required: ['command', 'seen'],
    properties: { command: COMMAND_DATA, seen: SEEN, organizationIds: IDS, withDefault: { type: 'boolean' } },
  },
};

const STEP = ['organizationId', 'command', 'seen'];
const ROLLOUT = ['command', 'seen', 'organizationIds', 'withDefault'];

/** The change in a body, if the caller may carry it out. Proposals check the rest. @throws ApiError */
export async function changeIn(call: OwnCall): Promise<object> {
  const { body, context } = call;
  const { command, rollout, seen, steps } = body;
  if ([command, steps, rollout].filter((one) => one !== undefined).length !== 1)
    throw unreadable('Give command, steps or rollout.');
  if (command !== undefined) {
    const given = commandIn(command);
    await demandStep(call, context.owner, given);
    return { type: 'command', owner: context.owner, command: given, seen };
  }
  if (seen !== undefined) throw unreadable('seen belongs beside each command.');
  if (isOrganization(context.owner)) throw unreadable('An organization proposes a command on its own policy.');
  if (rollout !== undefined) {
    await demandRollout(call);
    return { type: 'rollout', ...membersOf(rollout, 'rollout', ROLLOUT) };
  }
  if (!Array.isArray(steps)) throw unreadable('steps must be a list.');
  return { type: 'plan', steps: await Promise.all(steps.map((step, index) => stepOf(call, step, `steps[${index}]`))) };
}

async function stepOf(call: OwnCall, step: JsonValue, path: string): Promise<object> {
  const { command, organizationId, seen } = membersOf(step, path, STEP);
  if (organizationId !== undefined && typeof organizationId !== 'string')
    throw unreadable(`${path}.organizationId must be text.`);
  const { instance } = call.context;
  const owner = organizationId === undefined ? instance : { ...instance, organizationId };
  const given = commandIn(command);
  await demandStep(call, owner, given);
  return { owner, command: given, ...(seen !== undefined && { seen }) };
}

function membersOf(value: JsonValue, path: string, names: readonly string[]): JsonObject {
  if (!isJsonObject(value)) throw unreadable(`${path} must be a JSON object.`);
  for (const name of Object.keys(value)) if (!names.includes(name)) throw unknownName(`${path}.`, name, names);
  return value;
}

function commandIn(command: JsonValue | undefined): CommandInput {
  const given = command === undefined ? undefined : commandData({ body: { command } });
  if (given === undefined) throw unreadable('command must be a JSON object.');
  return given;
}

/** The permissions that the command itself would require. @throws ApiError */
async function demandStep({ context }: OwnCall, owner: OwnerRef, { type }: { readonly type?: unknown }): Promise<void> {
  const isOfOrganization = isOrganization(owner);
  const permissions = isOfOrganization ? ['policy.write'] : ['iam.policy.write'];
  if (isOfOrganization && (type === 'remove' || type === 'revert')) permissions.push('policy.delete');
  for (const permission of permissions)
    if (!(await context.isAllowed(permission, owner))) throw permissionDenied(permission);
}

/** A rollout changes every policy of the instance. @throws ApiError */
async function demandRollout({ context: { instance, isAllowed } }: OwnCall): Promise<void> {
  for (const permission of ['iam.policy.write', 'policy.write'])
    if (!(await isAllowed(permission, instance))) throw permissionDenied(permission);
}

/** To approve, reject or withdraw a change takes the permissions to carry it out. @throws ApiError */
export async function demandChange(call: OwnCall, { change }: ProposalContent): Promise<void> {
  if (change.type === 'rollout') return demandRollout(call);
  const { instance } = call.context;
  for (const { command, organizationId } of change.steps) {
    const owner = organizationId === undefined ? instance : { ...instance, organizationId };
    await demandStep(call, owner, command);
  }
}
