import type { JsonObject } from '@bufbuild/protobuf';
import { loginPolicyEvents, type CommandInput, type LoginPolicyEvent, type Preview } from '@login-policy/domain';
import { pinning } from '../calls/conditions.js';
import { entityTag } from '../calls/policy-answers.js';
import type { ServedMethod } from '../calls/served-method.js';
import { checkNames } from '../contract/enum-names.js';
import { unreadable } from '../errors/refusals.js';
import { READ_HEADERS } from '../openapi/parameters.js';
import { WHOLE_NUMBER, type OwnRequest, type OwnRoute } from './own-route.js';
import { bodyFields, isJsonObject } from './read-request.js';
import { checkedRequest } from './rest-target.js';
import { revertOf } from './revert-route.js';

const LIST = { type: 'array', items: { type: 'object' } };

/**
 * `POST …/policies/login/_preview`: what a command would do, named as its method and given with its request. Nothing is
 * written; what would be refused is refused just so.
 */
export const previewRoute: OwnRoute = {
  verb: 'POST',
  name: '_preview',
  demand: 'read',
  operation: {
    summary: 'Preview a change of the login policy',
    body: {
      type: 'object',
      required: ['method'],
      properties: {
        method: { type: 'string', description: 'A method of this service that changes the policy, or Revert.' },
        request: { type: 'object', description: 'What that method takes.' },
      },
    },
    headers: ['If-Match', ...READ_HEADERS],
    answer: {
      sequence: WHOLE_NUMBER,
      events: LIST,
      changes: LIST,
      warnings: LIST,
      affected: {
        type: 'object',
        properties: {
          organizationIds: { type: 'array', items: { type: 'string' } },
          count: { type: 'integer', description: 'Left out when nothing names the organizations of the instance.' },
        },
      },
    },
  },
  async answer({ policies, answers }, request) {
    const command = commandIn(bodyFields(await request.body()), request);
    const { owner, read } = request.context;
    const { asOf: _, ...waiting } = read;
    const options = { ...waiting, ...pinning(request.headers) };
    const preview = await answers.ofRead(policies.preview(owner, command, options));
    return { message: JSON.stringify(previewJson(preview)), tag: entityTag(preview.sequence, preview.eventId) };
  },
};

function commandIn(body: JsonObject, { methods, unknownNames }: OwnRequest): CommandInput {
  if (unknownNames === 'refuse') checkNames(body, ['method', 'request']);
  const { method: name, request = {} } = body;
  if (!isJsonObject(request)) throw unreadable('request must be a JSON object.');
  if (name === 'Revert') return revertOf(request, unknownNames);
  const method = methods.find(({ commandOf, contract }) => commandOf !== undefined && contract.desc.name === name);
  if (method?.commandOf !== undefined) return method.commandOf(checkedRequest(method, request, unknownNames));
  throw unreadable(`method must be one of ${namesOf(methods).join(', ')}, Revert.`);
}

function namesOf(methods: readonly ServedMethod[]): readonly string[] {
  return methods.filter(({ commandOf }) => commandOf !== undefined).map(({ contract }) => contract.desc.name);
}

function previewJson({ sequence, events, changes, warnings, affected }: Preview): object {
  const organizationIds = affected.organizations.map(({ organizationId }) => organizationId);
  return {
    sequence: String(sequence),
    events: events.map(eventJson),
    changes,
    warnings,
    affected: { organizationIds, count: affected.count },
  };
}

function eventJson(event: LoginPolicyEvent): object {
  const { type, data } = loginPolicyEvents.encode(event);
  return { type, data };
}
