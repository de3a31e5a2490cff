import type { JsonObject } from '@bufbuild/protobuf';
import type { CommandInput } from '@login-policy/domain';
import { parseMoment } from '../calls/conditions.js';
import { unreadable } from '../errors/refusals.js';
import { detailsJson } from './details-json.js';
import { CHANGE_HEADERS } from '../openapi/parameters.js';
import type { OwnRoute } from './own-route.js';

/**
 * `POST …/policies/login/_revert`: restores the policy as it was at a moment, with new events. The answer is that of a
 * change.
 */
export const revertRoute: OwnRoute = {
  verb: 'POST',
  name: '_revert',
  requirement: 'rewrite',
  operation: {
    summary: 'Revert the login policy to a moment',
    body: {
      type: 'object',
      required: ['to'],
      properties: {
        to: { type: 'string', description: 'A sequence, an instant in ISO 8601 with its offset, or @ and a position.' },
      },
    },
    headers: CHANGE_HEADERS,
    answer: { details: { $ref: '#/components/schemas/zitadel.v1.ObjectDetails' } },
  },
  async answer({ commands, answers, body, context: { owner, command } }) {
    const answer = answers.ofCommand(await commands.execute(owner, revertOf(body), command));
    return { ...answer, message: detailsJson(answer.message) };
  },
};

/** The command in a request to revert. @throws ApiError */
export function revertOf({ to }: JsonObject): CommandInput {
  if (typeof to !== 'string') throw unreadable('to must be a sequence, an instant, or @ and a position, as text.');
  return { type: 'revert', to: parseMoment(to, 'to') };
}
