import { toJson } from '@login-policy/domain';
import { isOrganization } from '@login-policy/domain/model';
import { permissionDenied, unreadable } from '../errors/refusals.js';
import { CHANGE_HEADERS } from '../openapi/parameters.js';
import { COMMAND_DATA, commandData } from './command-data.js';
import { WHOLE_NUMBER, type OwnCall, type OwnRoute } from './own-route.js';

/**
 * `POST …/policies/login/_execute`: carries out a command given as data, including those without a ZITADEL method:
 * `set`, and a `change` of some settings. Answers in the names of the library.
 */
export const executeRoute: OwnRoute = {
  verb: 'POST',
  name: '_execute',
  requirement: 'write',
  operation: {
    summary: 'Carry out a command on the login policy',
    body: { type: 'object', required: ['command'], properties: { command: COMMAND_DATA } },
    headers: CHANGE_HEADERS,
    answer: {
      details: { type: 'object' },
      eventId: { type: 'string' },
      position: WHOLE_NUMBER,
      events: { type: 'array', items: { type: 'object' } },
      isRepeated: { type: 'boolean' },
    },
  },
  async answer(call) {
    const { commands, context } = call;
    const command = commandData(call);
    if (command === undefined) throw unreadable('command must be a JSON object.');
    if (command.type === 'remove' || command.type === 'revert') await demandRemoval(call);
    const answer = await commands.execute(context.owner, command, context.command);
    const { tag, position } = call.answers.ofData.ofCommand(answer);
    return {
      message: JSON.stringify(toJson(answer)),
      ...(tag !== undefined && { tag }),
      ...(position !== undefined && { position }),
    };
  },
};

/** The command may remove a custom policy. @throws ApiError when the caller may not do that. */
async function demandRemoval({ context: { isAllowed, owner } }: OwnCall): Promise<void> {
  if (isOrganization(owner) && !(await isAllowed('policy.delete', owner))) throw permissionDenied('policy.delete');
}
