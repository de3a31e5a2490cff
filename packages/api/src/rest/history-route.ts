import { entityTag } from '../calls/policy-answers.js';
import type { HistoryOptions } from '@login-policy/domain';
import { unreadable } from '../errors/refusals.js';
import { HISTORY_PAGE, historyJson, historyPages } from './history-pages.js';
import { WHOLE_NUMBER, type OwnRoute } from './own-route.js';

/** The policies refuse a larger limit. */
const MOST_ENTRIES = 10_000;

/** `GET …/policies/login/history`: who changed what, when and why. For callers who may read the policy. */
export const historyRoute: OwnRoute = {
  verb: 'GET',
  name: 'history',
  requirement: 'read',
  operation: {
    summary: 'Login policy history',
    parameters: [
      { name: 'direction', in: 'query', schema: { type: 'string', enum: ['forwards', 'backwards'] } },
      { name: 'fromSequence', in: 'query', schema: WHOLE_NUMBER },
      { name: 'limit', in: 'query', schema: WHOLE_NUMBER },
    ],
    headers: ['If-None-Match'],
    answer: {
      lastSequence: WHOLE_NUMBER,
      lastEventId: { type: 'string' },
      position: WHOLE_NUMBER,
      unknownEvents: { type: 'integer' },
      entries: { type: 'array', items: { type: 'object' } },
    },
  },
  async answer({ policies, answers, exchange, context: { owner } }) {
    const options = { ...historyOptions(exchange.query), signal: exchange.signal };
    const { limit = HISTORY_PAGE } = options;
    const isLong = limit > HISTORY_PAGE && limit <= MOST_ENTRIES;
    const history = await answers.ofRead(
      policies.history(owner, isLong ? { ...options, limit: HISTORY_PAGE } : options),
    );
    const tag = entityTag(history.lastSequence, history.lastEventId, 'history-');
    if (!isLong) return { message: JSON.stringify(historyJson(history)), tag };
    return { message: historyPages(history, { policies, answers, owner, options: { ...options, limit } }), tag };
  },
};

function historyOptions(query: string): HistoryOptions {
  const parameters = new URLSearchParams(query);
  const direction = parameters.get('direction') ?? 'forwards';
  if (direction !== 'forwards' && direction !== 'backwards')
    throw unreadable('direction must be forwards or backwards.');
  const fromSequence = wholeNumber(parameters, 'fromSequence');
  const limit = wholeNumber(parameters, 'limit');
  return {
    direction,
    ...(fromSequence !== undefined && { fromSequence }),
    ...(limit !== undefined && { limit: Number(limit) }),
  };
}

function wholeNumber(parameters: URLSearchParams, name: string): bigint | undefined {
  const text = parameters.get(name);
  if (text === null) return undefined;
  if (/^\d{1,18}$/.test(text)) return BigInt(text);
  throw unreadable(`${name} must be a whole number from 0 on.`);
}
