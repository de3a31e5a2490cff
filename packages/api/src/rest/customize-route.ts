import { CHANGE_HEADERS } from '../openapi/parameters.js';
import { detailsJson } from './details-json.js';
import type { OwnRoute } from './own-route.js';

/**
 * `POST …/policies/login/_customize`: gives an organization a custom policy that copies the default. The answer is that
 * of a change.
 */
export const customizeRoute: OwnRoute = {
  verb: 'POST',
  name: '_customize',
  requirement: 'write',
  only: 'organization',
  operation: {
    summary: 'Make a custom login policy of the default one',
    // Without fields: a body with settings is refused, because they would be ignored.
    body: { type: 'object', properties: {} },
    headers: CHANGE_HEADERS,
    answer: { details: { $ref: '#/components/schemas/zitadel.v1.ObjectDetails' } },
  },
  async answer({ commands, answers, context: { owner, command } }) {
    const answer = answers.ofCommand(await commands.execute(owner, { type: 'customize' }, command));
    return { ...answer, message: detailsJson(answer.message) };
  },
};
