import type { JsonObject } from '@bufbuild/protobuf';
import { describeSignIn, toJson, type SignInAttempt } from '@login-policy/domain';
import { SIGN_IN_MEMBERS } from '@login-policy/domain/backtest';
import { parsePosition, type Position } from '@login-policy/event-sourcing';
import { OF_ORGANIZATION } from '../calls/scope.js';
import { unreadable } from '../errors/refusals.js';
import { READ_HEADERS } from '../openapi/parameters.js';
import type { Schema } from '../openapi/schemas.js';
import { AGE_NOTE, withInstantsIn } from './ages.js';
import type { OwnRoute } from './own-route.js';

const INSTANT = { type: 'string', format: 'date-time' };
const TEXTS = { type: 'array', items: { type: 'string' } };
const OPTIONS: Schema = {
  type: 'array',
  items: { type: 'object', description: 'method, and factor or identityProvider.' },
};

/**
 * `POST /management/v1/policies/login/_evaluate_sign_in`: judges a described session by the organization's effective
 * policy, now or at a moment. In the names of the domain; unknown members are always refused.
 */
export const evaluateSignInRoute: OwnRoute = {
  verb: 'POST',
  name: '_evaluate_sign_in',
  requirement: 'read',
  only: 'organization',
  operation: {
    summary: `Judge a sign-in by the login policy. ${AGE_NOTE}`,
    body: {
      type: 'object',
      required: ['user', 'session'],
      properties: {
        ...SIGN_IN_MEMBERS,
        at: { ...INSTANT, description: 'An instant that is past: judged by the policy of then. Left out: now.' },
        position: { type: 'string', description: 'By the policy at this position of an answer, at the instant at.' },
      },
    },
    headers: READ_HEADERS,
    answer: {
      outcome: { type: 'string', enum: ['proceed', 'authenticate', 'verify', 'set-up', 'impossible'] },
      sentence: { type: 'string', description: 'What it says to the user, in English.' },
      validUntil: { ...INSTANT, description: 'The first later instant at which the answer differs.' },
      level: { type: 'string' },
      amr: TEXTS,
      authenticatedAt: INSTANT,
      offerSetUp: OPTIONS,
      options: OPTIONS,
      reason: { type: 'string' },
      at: INSTANT,
      isDefault: { type: 'boolean' },
      owner: { type: 'object' },
      eventId: { type: 'string' },
      position: { type: 'string' },
    },
  },
  async answer({ policies, answers, body, context: { owner, read } }) {
    const { position, ...attempt } = body;
    const { asOf: _, ...freshness } = read;
    const options = position === undefined ? freshness : { ...freshness, asOf: { position: positionIn(position) } };
    const organization = OF_ORGANIZATION.narrow(owner);
    const asked = toAttempt(withInstantsIn(attempt, '', nowIn(attempt)));
    const judged = await answers.ofData.ofJudgement(policies.evaluateSignIn(organization, asked, options));
    return { message: JSON.stringify({ ...toJson(judged), sentence: describeSignIn(judged) }) };
  },
};

/** The instant of the judgement, from which ages are counted: now, unless the body names one. */
function nowIn({ at }: JsonObject): number {
  const given = typeof at === 'string' ? Date.parse(at) : Number.NaN;
  return Number.isNaN(given) ? Date.now() : given;
}

/** Unchecked: the domain checks its input at run time. */
function toAttempt(attempt: JsonObject): SignInAttempt {
  if (isAttempt(attempt)) return attempt;
  throw unreadable('The body must be a JSON object.');
}

function isAttempt(attempt: object): attempt is SignInAttempt {
  return !Array.isArray(attempt);
}

function positionIn(text: unknown): Position {
  try {
    return parsePosition(String(text));
  } catch (caught) {
    if (caught instanceof RangeError) throw unreadable('position must be the position of an answer.');
    throw caught;
  }
}
