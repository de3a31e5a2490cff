import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import {
  describeSignIn,
  evaluateSignIn,
  RejectedError,
  toJson,
  type CommandInput,
  type JudgedSignIn,
  type OwnerRef,
  type PolicyReadOptions,
  type Rejected,
  type SignIn,
  type SignInAttempt,
} from '@login-policy/domain';
import { policiesAfter, SIGN_IN_MEMBERS } from '@login-policy/domain/backtest';
import { isOrganization, parseInstantInput } from '@login-policy/domain/model';
import { parsePosition, type Position } from '@login-policy/event-sourcing';
import type { Answer, RestText } from '../calls/call-context.js';
import { permissionDenied, unknownName, unreadable } from '../errors/refusals.js';
import { READ_HEADERS } from '../openapi/parameters.js';
import type { Schema } from '../openapi/schemas.js';
import { AGE_NOTE, withInstantsIn } from './ages.js';
import { COMMAND_DATA, commandData } from './command-data.js';
import type { OwnCall, OwnRoute } from './own-route.js';
import { isJsonObject } from './read-request.js';

const INSTANT = { type: 'string', format: 'date-time' };
const TEXTS = { type: 'array', items: { type: 'string' } };
const OPTIONS: Schema = {
  type: 'array',
  items: { type: 'object', description: 'method, and factor or identityProvider.' },
};

/**
 * `POST …/policies/login/_evaluate_sign_in`: judges a described session by the effective policy of the user's
 * organization, or of the instance for its own users: now, at a moment, or as it would be after a change. In the names
 * of the domain; unknown members are always refused.
 */
export const evaluateSignInRoute: OwnRoute = {
  verb: 'POST',
  name: '_evaluate_sign_in',
  requirement: 'read',
  operation: {
    summary: `Judge a sign-in by the login policy. ${AGE_NOTE}`,
    body: {
      type: 'object',
      required: ['user', 'session'],
      properties: {
        ...SIGN_IN_MEMBERS,
        at: { ...INSTANT, description: 'An instant that is past: judged by the policy of then. Left out: now.' },
        position: { type: 'string', description: 'By the policy at this position of an answer, at the instant at.' },
        proposed: {
          type: 'object',
          required: ['command'],
          properties: {
            command: COMMAND_DATA,
            ofDefault: { type: 'boolean', description: 'On the default policy, and not on that of the organization.' },
          },
          description:
            'A change: judged now, by the policy as it would be after it. The answer names no policy. Without at and position.',
        },
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
  async answer(call) {
    const { policies, answers, body, context } = call;
    const { position, proposed, ...attempt } = body;
    const now = nowIn(attempt);
    const asked = toAttempt(withInstantsIn(attempt, '', now));
    if (proposed !== undefined) return judgedAfter(call, proposed, { ...asked, at: new Date(now) });
    const { asOf: _, ...freshness } = context.read;
    const options = position === undefined ? freshness : { ...freshness, asOf: { position: positionIn(position) } };
    const judging = isOrganization(context.owner)
      ? policies.evaluateSignIn(context.owner, asked, options)
      : judgedByDefault(call, asked, options);
    const judged = await answers.ofData.ofJudgement(judging);
    return { message: JSON.stringify({ ...toJson(judged), sentence: describeSignIn(judged) }) };
  },
};

/** Judges a sign-in of a user of the instance itself. The library wants it said that they have no organization. */
async function judgedByDefault(
  { context: { instance }, policies }: OwnCall,
  asked: SignInAttempt,
  options: PolicyReadOptions,
): Promise<JudgedSignIn | Rejected> {
  const then =
    asked.at === undefined || options.asOf !== undefined ? options : { ...options, asOf: { instant: asked.at } };
  const found = await policies.policy(instance, then);
  if (found.outcome === 'rejected') return found;
  if (asked.at === undefined && options.asOf !== undefined)
    throw unreadable('at must be the instant of the judgement, beside position.');
  const { at = new Date() } = asked;
  const answer = evaluateSignIn(found, { ...asked, at });
  if (answer.outcome === 'rejected') return answer;
  const { eventId, isDefault, owner, position } = found.policy;
  return { ...answer, eventId, isDefault, owner, position, at: new Date(parseInstantInput(at, 'at')) };
}

const PROPOSED = ['command', 'ofDefault'];

/** Judges a sign-in by the policy as it would be after a change. @throws ApiError */
async function judgedAfter(call: OwnCall, proposed: JsonValue, signIn: SignIn): Promise<Answer<RestText>> {
  const { answers, body, context, policies } = call;
  if (body['position'] !== undefined || body['at'] !== undefined)
    throw unreadable('A sign-in under a proposed policy is judged now: leave out at and position.');
  const step = await stepIn(call, proposed);
  try {
    const answer = evaluateSignIn(await policiesAfter(policies, { steps: [step] })(context.owner), signIn);
    if (answer.outcome === 'rejected') throw new RejectedError(answer);
    return { message: JSON.stringify({ ...answer, sentence: describeSignIn(answer), at: signIn.at }) };
  } catch (caught) {
    throw answers.ofData.ofThrown(caught);
  }
}

async function stepIn(
  { context: { instance, isAllowed, owner } }: OwnCall,
  proposed: JsonValue,
): Promise<{ readonly owner: OwnerRef; readonly command: CommandInput }> {
  if (!isJsonObject(proposed)) throw unreadable('proposed must be a JSON object.');
  for (const name of Object.keys(proposed))
    if (!PROPOSED.includes(name)) throw unknownName('proposed.', name, PROPOSED);
  const command = commandData({ body: proposed });
  if (command === undefined) throw unreadable('proposed.command must be a JSON object.');
  const { ofDefault = false } = proposed;
  if (typeof ofDefault !== 'boolean') throw unreadable('proposed.ofDefault must be true or false.');
  if (ofDefault && !(await isAllowed('iam.policy.read', instance))) throw permissionDenied('iam.policy.read');
  return { owner: ofDefault ? instance : owner, command };
}

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
