import type { JsonObject } from '@bufbuild/protobuf';
import type { CommandInput } from '@login-policy/domain';
import { canBeRolledOut, type RolloutCommand } from '@login-policy/domain/rollout';
import { unreadable } from '../errors/refusals.js';
import type { Schema } from '../openapi/schemas.js';
import type { OwnCall } from './own-route.js';
import { isJsonObject } from './read-request.js';
import { revertOf } from './revert-route.js';

/** The JSON schema of a command as data, with the names of the library (docs/reference/login-policies.md#commands). */
export const COMMAND_DATA: Schema = {
  type: 'object',
  required: ['type'],
  properties: { type: { type: 'string' } },
  description:
    'A command as data, with the names of the library: { "type": "removeMultiFactor", "factor": "U2F_WITH_VERIFICATION" }. For revert, to must be text.',
};

/** Makes the answers of a call use the library's names, if its command does. */
export function withLibraryNames(call: OwnCall): OwnCall {
  return call.body['command'] === undefined ? call : { ...call, answers: call.answers.ofData };
}

/**
 * The command in a body; `undefined` when the body names a method instead. The policies check its content.
 *
 * @throws ApiError
 */
export function commandData({ body }: Pick<OwnCall, 'body'>): CommandInput | undefined {
  const { command, method, request } = body;
  if (command === undefined) return undefined;
  if (method !== undefined || request !== undefined) throw unreadable('Give command, or method and request.');
  if (!isJsonObject(command)) throw unreadable('command must be a JSON object.');
  if (command['type'] === 'revert' && Object.keys(command).every((name) => name === 'type' || name === 'to'))
    return revertOf(command);
  return toCommandInput(command);
}

/** Like {@link commandData}, for a rollout. The policies refuse commands that can't be rolled out. @throws ApiError */
export function rolloutCommandData(call: Pick<OwnCall, 'body'>): RolloutCommand | undefined {
  const command = commandData(call);
  if (command === undefined || canBeRolledOut(command)) return command;
  throw unreadable(`A command of type ${JSON.stringify(command.type)} can't be rolled out.`);
}

/** Only checks the type's name, because the policies check the other members. */
function toCommandInput(command: JsonObject): CommandInput {
  if (hasType(command)) return command;
  throw unreadable('command.type must be the name of a command.');
}

function hasType(command: object): command is CommandInput {
  return 'type' in command && typeof command.type === 'string';
}
