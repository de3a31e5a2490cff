import { connectWire } from '../rpc/connect-wire.js';
import type { GrpcHealth } from '../rpc/grpc-health.js';
import { grpcWire } from '../rpc/grpc-wire.js';
import type { MethodTable } from '../rpc/method-table.js';
import type { RpcSkin } from '../rpc/rpc-skin.js';
import { notServed, unknownType, wrongVerb } from '../errors/refusals.js';
import type { Wire } from '../rpc/wire.js';
import { refuse, type RestSkin } from '../rest/rest-skin.js';
import type { Cors } from './cors.js';
import type { Exchange } from './exchange.js';
import type { OpenPages } from './open-pages.js';

/** All the ways a request can be answered. */
export interface Skins {
  readonly methods: MethodTable;
  readonly cors: Cors;
  readonly pages: OpenPages;
  readonly health: GrpcHealth;
  readonly rpc: RpcSkin;
  readonly rest: RestSkin;
}

/** Sends each request the way it came by: gRPC, gRPC-Web, Connect or REST. */
export class FrontDesk {
  readonly #skins: Skins;

  constructor(skins: Skins) {
    this.#skins = skins;
  }

  /** Whether a request is one of ours, so that a server with other routes may keep the rest. */
  knows(exchange: Exchange): boolean {
    const { methods, health, pages, rest } = this.#skins;
    return (
      methods.isOfService(exchange.path) || health.knows(exchange) || pages.knows(exchange) || rest.knows(exchange)
    );
  }

  /** Answers whatever comes; never rejects. */
  async handle(exchange: Exchange): Promise<void> {
    try {
      await this.#dispatch(exchange);
    } catch (caught) {
      refuse(exchange, exchange.failed(caught));
    }
  }

  #dispatch(exchange: Exchange): Promise<void> | undefined {
    const { cors, health, methods, pages, rest } = this.#skins;
    const preflight = cors.preflight(exchange.verb, exchange.headers);
    if (preflight !== undefined) {
      exchange.send({ status: 204, headers: preflight });
      exchange.answered('rest', 204, undefined);
      return undefined;
    }
    const type = exchange.headers.get('content-type') ?? '';
    const grpc = grpcWire(exchange, type);
    if (methods.isOfService(exchange.path)) return this.#call(exchange, grpc ?? connectWire(type));
    if (grpc !== undefined && exchange.verb === 'POST') {
      if (health.knows(exchange)) return health.handle(exchange, grpc);
      grpc.fail(exchange, notServed());
      return undefined;
    }
    return pages.knows(exchange) ? pages.handle(exchange) : rest.handle(exchange);
  }

  /** @throws ApiError for a call that is of no protocol */
  #call(exchange: Exchange, wire: Wire | undefined): Promise<void> | undefined {
    const method = this.#skins.methods.find(exchange.path);
    if (method !== undefined && exchange.verb !== 'POST') throw wrongVerb(['POST']);
    if (method !== undefined && wire !== undefined) return this.#skins.rpc.handle(method, exchange, wire);
    if (method !== undefined) throw unknownType();
    if (wire === undefined) throw notServed();
    wire.fail(exchange, notServed());
    return undefined;
  }
}
