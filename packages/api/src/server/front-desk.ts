import type { ServedMethod } from '../calls/served-method.js';
import { connectWire } from '../rpc/connect-wire.js';
import type { GrpcHealth } from '../rpc/grpc-health.js';
import { GrpcWire, grpcWire } from '../rpc/grpc-wire.js';
import type { RpcSkin } from '../rpc/rpc-skin.js';
import { notServed, noTrailers, unknownType, wrongVerb } from '../errors/refusals.js';
import type { Wire } from '../rpc/wire.js';
import type { Pipeline } from '../calls/pipeline.js';
import { answerRest, REST } from '../rest/rest-skin.js';
import type { RestTarget } from '../rest/rest-target.js';
import type { Router } from '../rest/router.js';
import type { Cors } from './cors.js';
import type { Exchange } from './exchange.js';

/** All the ways a request can be answered. */
export interface Skins {
  readonly cors: Cors;
  /** `undefined` where others tell of health. */
  readonly health: GrpcHealth | undefined;
  readonly rpc: RpcSkin;
  readonly rest: Router<RestTarget>;
  readonly pipeline: Pipeline;
}

/** Sends each request the way it came by: gRPC, gRPC-Web, Connect or REST. */
export class FrontDesk {
  readonly #skins: Skins;

  constructor(skins: Skins) {
    this.#skins = skins;
  }

  /** Whether a request is one of ours, so that a server with other routes may keep the rest. */
  knows(exchange: Exchange): boolean {
    const { health, rest, rpc } = this.#skins;
    return rpc.isOfService(exchange.path) || health?.knows(exchange) === true || rest.knows(exchange.path);
  }

  /** Answers whatever comes; never rejects. */
  async handle(exchange: Exchange): Promise<void> {
    const { cors, pipeline, rest, rpc } = this.#skins;
    const isCall = rpc.isOfService(exchange.path);
    const method = rpc.find(exchange.path);
    // A method that is asked for by another verb is answered as REST is.
    const wire = method === undefined || exchange.verb === 'POST' ? wireOf(exchange, isCall) : undefined;
    try {
      const preflight = cors.preflight(exchange.verb, exchange);
      if (preflight !== undefined) exchange.send('rest', { status: 204, headers: preflight });
      else if (wire !== undefined) await this.#call(exchange, wire, method);
      else if (method !== undefined) throw exchange.verb === 'POST' ? unknownType() : wrongVerb(['POST']);
      else if (isCall) throw notServed();
      else await answerRest(exchange, rest, pipeline);
    } catch (caught) {
      const error = exchange.failed(caught);
      const protocol = wire ?? REST;
      const headers = { ...exchange.answerHeaders(), ...error.headers };
      exchange.send(protocol.protocol, protocol.fail(headers, error), error);
    }
  }

  /** @throws ApiError for a method that is not served. */
  #call(exchange: Exchange, wire: Wire, method: ServedMethod | undefined): Promise<void> {
    const { health, rpc } = this.#skins;
    if (wire.protocol === 'grpc' && !exchange.takesTrailers) throw noTrailers();
    if (wire instanceof GrpcWire && health?.knows(exchange) === true) return health.handle(exchange, wire);
    if (method === undefined) throw notServed();
    return rpc.handle(method, exchange, wire);
  }
}

/** The protocol of a call; `undefined` for what is none, and is answered as REST is. */
function wireOf(exchange: Exchange, isCall: boolean): Wire | undefined {
  const type = exchange.get('content-type') ?? '';
  const grpc = isCall || exchange.verb === 'POST' ? grpcWire(exchange, type) : undefined;
  return grpc ?? (isCall ? connectWire(type) : undefined);
}
