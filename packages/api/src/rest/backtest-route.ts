import { RejectedError, type ReadAnswer } from '@login-policy/domain';
import {
  backtest,
  EFFECTS,
  policiesAfter,
  policiesThen,
  type Backtest,
  type ProposedChange,
} from '@login-policy/domain/backtest';
import { answerOf, isOrganization } from '@login-policy/domain/model';
import { backtestUnderWay, unreadable } from '../errors/refusals.js';
import { deadlinePassed } from '../errors/status.js';
import type { Schema } from '../openapi/schemas.js';
import type { SignIns, SignInSpan } from '../ports/sign-ins.js';
import { AGE_NOTE, withInstants } from './ages.js';
import { COMMAND_DATA, commandData, rolloutCommandData } from './command-data.js';
import type { OwnCall, OwnRoute } from './own-route.js';

const INSTANT = { type: 'string', format: 'date-time' };
const COUNT = { type: 'integer' };
const EFFECTS_OF: Schema = {
  type: 'object',
  properties: Object.fromEntries(
    EFFECTS.map((effect) => [effect, { type: 'object', properties: { signIns: COUNT, administrators: COUNT } }]),
  ),
};
const LIST = { type: 'array', items: { type: 'object' } };
const BY = (name: string): Schema => ({
  type: 'array',
  items: { type: 'object', properties: { [name]: { type: 'string' }, effects: EFFECTS_OF } },
});

const OPERATION: OwnRoute['operation'] = {
  summary: 'Look back at the recorded sign-ins with a change of the login policy',
  body: {
    type: 'object',
    required: ['command'],
    properties: {
      command: COMMAND_DATA,
      everywhere: { type: 'boolean', description: 'Of an instance: the command on every policy, as a rollout.' },
      since: { ...INSTANT, description: `Only sign-ins from this instant on. ${AGE_NOTE}` },
      until: { ...INSTANT, description: 'Only sign-ins before this instant. The same.' },
    },
  },
  headers: [],
  answer: {
    signIns: COUNT,
    leftOut: COUNT,
    effects: EFFECTS_OF,
    transitions: LIST,
    organizations: BY('organizationId'),
    organizationCount: COUNT,
    hours: BY('hour'),
    factors: BY('factor'),
    examples: { type: 'object', description: 'The first ten of each effect, and ten by administrators.' },
    badLineCount: COUNT,
    badLines: LIST,
  },
};

/**
 * `POST …/policies/login/_backtest`: what a change would have meant for the sign-ins that this server has recorded. One
 * at a time, because it may read for seconds.
 */
export function backtestRoute(signIns: SignIns): OwnRoute {
  let isUnderWay = false;
  return {
    verb: 'POST',
    name: '_backtest',
    requirement: 'read',
    alsoPermission: 'policy.read',
    operation: OPERATION,
    async answer(call) {
      const change = changeIn(call);
      const span = { ...instantIn(call, 'since'), ...instantIn(call, 'until') };
      if (isUnderWay) throw backtestUnderWay();
      isUnderWay = true;
      try {
        return { message: JSON.stringify(await lookBack(call, { change, signIns, span })) };
      } finally {
        isUnderWay = false;
      }
    },
  };
}

interface ToLookBack {
  readonly change: ProposedChange;
  readonly signIns: SignIns;
  readonly span: SignInSpan;
}

async function lookBack(
  { answers, context: { instance, owner }, exchange, policies }: OwnCall,
  { change, signIns, span }: ToLookBack,
): Promise<Backtest> {
  const { streamSignal: signal } = exchange;
  try {
    const sources = await answerOf('signIns', { given: signal, leftMs: Infinity }, () => signIns(instance, span));
    return await backtest(sources, {
      from: policiesThen(policies),
      to: policiesAfter(policies, change),
      owner,
      signal,
      ...span,
    });
  } catch (caught) {
    if (caught instanceof RejectedError) return answers.ofData.ofRead(refusal(caught));
    // What is read may hang: once nobody waits for it any more, the next one may look back.
    if (signal.aborted) throw deadlinePassed();
    throw caught;
  }
}

function refusal({ message, rejection }: RejectedError): Promise<ReadAnswer<Backtest>> {
  return Promise.resolve({ outcome: 'rejected', message, rejection });
}

function changeIn({ body, context: { owner } }: OwnCall): ProposedChange {
  const { everywhere = false } = body;
  if (typeof everywhere !== 'boolean') throw unreadable('everywhere must be true or false.');
  if (!everywhere) return { steps: [{ owner, command: commandData({ body }) ?? noCommand() }] };
  if (isOrganization(owner)) throw unreadable('everywhere is for an instance.');
  return { everywhere: rolloutCommandData({ body }) ?? noCommand() };
}

function noCommand(): never {
  throw unreadable('command must be a JSON object.');
}

function instantIn({ body }: OwnCall, name: 'since' | 'until'): SignInSpan {
  const given = body[name];
  if (given === undefined) return {};
  const text = withInstants(given, name, Date.now());
  const instant = new Date(typeof text === 'string' ? text : Number.NaN);
  if (Number.isNaN(instant.getTime())) throw unreadable(`${name} must be an instant like 2026-12-01T00:00:00Z.`);
  return { [name]: instant };
}
