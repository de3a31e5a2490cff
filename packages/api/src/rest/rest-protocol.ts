import type { OwnerRef } from '@login-policy/domain';
import type { Answer, CallContext, RestText } from '../calls/call-context.js';
import type { Pipeline } from '../calls/pipeline.js';
import type { ApiError } from '../errors/api-error.js';
import { unreadable } from '../errors/refusals.js';
import { withinDeadline } from '../rpc/deadline.js';
import { jsonAnswer, textAnswer, type ErrorFormat } from '../rpc/wire.js';
import type { Exchange } from '../server/exchange.js';
import { isInParts } from '../server/parts.js';
import type { RestTarget } from './rest-target.js';
import type { Router } from './router.js';

/**
 * REST in the pipeline: finds the route, authorizes the caller, answers JSON.
 *
 * @throws ApiError, or a fault of the store
 */
export async function answerRest(exchange: Exchange, router: Router<RestTarget>, pipeline: Pipeline): Promise<void> {
  const { last, target } = router.find(exchange.verb, exchange.path);
  exchange.method = target.method;
  if (exchange.query !== '') exchange.asOf = asOfIn(exchange.query);
  const pathFields = target.pathFields?.(last);
  // The same header as in grpc-gateway.
  const answer = await withinDeadline(exchange, 'grpc-timeout', async () => {
    const context = await pipeline.admit(target.requirement, exchange);
    const { message, ...more } = await target.answer({ exchange, context, pathFields });
    return {
      ...more,
      message: isInParts(message) ? whileAllowed(message, context) : message,
    };
  });
  sendAnswer(exchange, answer);
}

/** The moment that a read asks for. @throws ApiError for two of them */
function asOfIn(query: string): string | undefined {
  const [asOf, ...others] = new URLSearchParams(query).getAll('asOf');
  if (others.length === 0) return asOf;
  throw unreadable('asOf can be given once.');
}

function sendAnswer(exchange: Exchange, answer: Answer<RestText>): void {
  const { message, status = 200, tag, type = 'application/json' } = answer;
  const isCached = exchange.isRead && tag !== undefined && includesTag(tag, exchange.get('if-none-match'));
  const headers = exchange.answerHeaders(answer);
  exchange.send('rest', isCached ? { status: 304, headers } : textAnswer({ headers, status, type }, message));
}

/**
 * The parts of an answer, while the caller may have it. A refusal is thrown into the answer: a rollout ends with a line
 * that says so; any other answer breaks off, and is not taken for a whole one.
 */
async function* whileAllowed(
  parts: AsyncGenerator<string, void, undefined>,
  { renew }: Pick<CallContext<OwnerRef>, 'renew'>,
): AsyncGenerator<string, void, undefined> {
  for await (const part of parts) {
    try {
      await renew();
    } catch (caught) {
      const last = await parts.throw(caught);
      if (last.done !== true) yield last.value;
      return;
    }
    yield part;
  }
}

/** Whether `If-None-Match` includes a tag, possibly as a weak one. */
function includesTag(tag: string, header: string | undefined): boolean {
  if (header === undefined) return false;
  return header.trim() === '*' || [...header.matchAll(/"[^"]*"/g)].some(([one]) => one === tag);
}

/** An error as JSON. */
export function errorJson({ code, details, message }: ApiError): object {
  return { code, message, details: details.map((detail) => ({ '@type': ERROR_TYPE, ...detail })) };
}

const ERROR_TYPE = 'type.googleapis.com/zitadel.v1.ErrorDetail';

/** REST errors: the gateway's google.rpc.Status with one `zitadel.v1.ErrorDetail`. */
export const REST: ErrorFormat = {
  protocol: 'rest',
  fail: (headers, error) => jsonAnswer(headers, error.httpStatus, JSON.stringify(errorJson(error))),
};
