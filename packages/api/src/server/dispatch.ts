import type { Pipeline } from '../calls/pipeline.js';
import { methodElsewhere } from '../contract/elsewhere.js';
import { notServed, noTrailers, unknownType, wrongVerb } from '../errors/refusals.js';
import { answerRest, REST } from '../rest/rest-protocol.js';
import type { RestTarget } from '../rest/rest-target.js';
import type { Router } from '../rest/router.js';
import { connectWire } from '../rpc/connect-wire.js';
import type { GrpcHealth } from '../rpc/grpc-health.js';
import { grpcWire, type GrpcWire } from '../rpc/grpc-wire.js';
import type { RpcProtocol } from '../rpc/rpc-protocol.js';
import type { Wire } from '../rpc/wire.js';
import { preflight } from './cors.js';
import type { Exchange } from './exchange.js';

/** The protocols that answer requests. */
export interface Protocols {
  /** `undefined` when health is not served. */
  readonly health: GrpcHealth | undefined;
  readonly rpc: RpcProtocol;
  readonly rest: Router<RestTarget>;
  readonly pipeline: Pipeline;
}

/**
 * Whether a path is one of the API's, so that a server with other routes can handle the rest. All methods of ZITADEL's
 * three services are, because a client is told who answers the others.
 */
export function isServed({ health, rest, rpc }: Protocols, { path, verb }: Pick<Exchange, 'path' | 'verb'>): boolean {
  if (rpc.isOfService(path) || rest.hasPath(path)) return true;
  return health?.isHealthPath(path) === true || methodElsewhere(verb, path) !== undefined;
}

/** Answers a request in its own protocol: gRPC, gRPC-Web, Connect or REST. Never rejects. */
export async function dispatch(protocols: Protocols, exchange: Exchange): Promise<void> {
  const isRpcPath = protocols.rpc.isOfService(exchange.path);
  const isMethod = protocols.rpc.find(exchange.path) !== undefined;
  // A method requested with another verb than POST is refused in the format of REST.
  const wire = isMethod && exchange.verb !== 'POST' ? undefined : wireOf(exchange, isRpcPath);
  try {
    const preflightHeaders = preflight(exchange);
    if (preflightHeaders !== undefined) exchange.send('rest', { status: 204, headers: preflightHeaders });
    else if (wire !== undefined) await call(protocols, exchange, wire);
    else if (isMethod) throw exchange.verb === 'POST' ? unknownType() : wrongVerb(['POST']);
    else if (isRpcPath) throw notServed(lastOf(exchange.path));
    else await callRest(protocols, exchange);
  } catch (caught) {
    const error = exchange.reportFailure(caught);
    const format = wire ?? REST;
    const headers = { ...exchange.answerHeaders(), ...error.headers };
    exchange.send(format.protocol, format.fail(headers, error), error);
  }
}

/** @throws ApiError, also for a route of ZITADEL's settings that are not about the login policy. */
function callRest({ pipeline, rest: router }: Protocols, exchange: Exchange): Promise<void> {
  const elsewhere = methodElsewhere(exchange.verb, exchange.path);
  if (elsewhere !== undefined) throw notServed(elsewhere);
  return answerRest(exchange, router, pipeline);
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Calls a method, or the health service. @throws ApiError for a method that is not served. */
function call({ health, rpc }: Protocols, exchange: Exchange, wire: Wire | GrpcWire): Promise<void> {
  if (wire.protocol === 'grpc' && !exchange.supportsTrailers) throw noTrailers();
  if ('open' in wire && health?.isHealthPath(exchange.path) === true) return health.handle(exchange, wire);
  const method = rpc.find(exchange.path);
  if (method === undefined) throw notServed(lastOf(exchange.path));
  return rpc.handle(method, exchange, wire);
}

/**
 * The wire format of an RPC, by its content type; `undefined` for any other request, which is answered or refused as
 * REST.
 */
function wireOf(exchange: Exchange, isRpcPath: boolean): Wire | GrpcWire | undefined {
  const type = exchange.get('content-type') ?? '';
  const grpc = isRpcPath || exchange.verb === 'POST' ? grpcWire(exchange, type) : undefined;
  return grpc ?? (isRpcPath ? connectWire(type) : undefined);
}
