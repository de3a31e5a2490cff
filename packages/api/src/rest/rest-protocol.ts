import type { Answer, RestText } from '../calls/call-context.js';
import type { Pipeline } from '../calls/pipeline.js';
import type { ApiError } from '../errors/api-error.js';
import { unreadable } from '../errors/refusals.js';
import { withinDeadline } from '../rpc/deadline.js';
import { inJson, inText, type Refusing } from '../rpc/wire.js';
import type { Exchange } from '../server/exchange.js';
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
  const named = target.named?.(last);
  // Same as grpc-gateway.
  const answer = await withinDeadline(exchange, 'grpc-timeout', async () => {
    const context = await pipeline.admit(target.requirement, exchange);
    return target.answer({ exchange, context, named });
  });
  succeed(exchange, answer);
}

/** The moment that a read asks for. @throws ApiError for two of them */
function asOfIn(query: string): string | undefined {
  const [asOf, ...others] = new URLSearchParams(query).getAll('asOf');
  if (others.length === 0) return asOf;
  throw unreadable('asOf can be given once.');
}

function succeed(exchange: Exchange, answer: Answer<RestText>): void {
  const { message, status = 200, tag, type = 'application/json' } = answer;
  const isKnown = exchange.isRead && tag !== undefined && isAmong(tag, exchange.get('if-none-match'));
  const headers = exchange.answerHeaders(answer);
  exchange.send('rest', isKnown ? { status: 304, headers } : inText({ headers, status, type }, message));
}

/** Whether the client has this tag cached, possibly as a weak one. */
function isAmong(tag: string, known: string | undefined): boolean {
  if (known === undefined) return false;
  return known.trim() === '*' || [...known.matchAll(/"[^"]*"/g)].some(([one]) => one === tag);
}

/** An error as JSON. */
export function errorJson({ code, details, message }: ApiError): object {
  return { code, message, details: details.map((detail) => ({ '@type': ERROR_TYPE, ...detail })) };
}

const ERROR_TYPE = 'type.googleapis.com/zitadel.v1.ErrorDetail';

/** REST errors: the gateway's google.rpc.Status with one `zitadel.v1.ErrorDetail`. */
export const REST: Refusing = {
  protocol: 'rest',
  fail: (headers, error) => inJson(headers, error.httpStatus, JSON.stringify(errorJson(error))),
};
