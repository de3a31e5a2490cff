import type { ConnectSkin } from '../rpc/connect-skin.js';
import type { GrpcHealth } from '../rpc/grpc-health.js';
import type { GrpcSkin } from '../rpc/grpc-skin.js';
import { anyWire, shortWire } from '../rpc/grpc-wire.js';
import type { MethodTable } from '../rpc/method-table.js';
import { refuseCall } from '../rpc/refuse-call.js';
import { notServed } from '../errors/refusals.js';
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
  readonly grpc: GrpcSkin;
  readonly connect: ConnectSkin;
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
    const { cors, connect, grpc, health, methods, pages, rest } = this.#skins;
    const preflight = cors.preflight(exchange.verb, exchange.headers);
    if (preflight !== undefined) {
      exchange.send({ status: 204, headers: preflight });
      exchange.answered('rest', 204, undefined);
      return undefined;
    }
    const isServed = methods.find(exchange.path) !== undefined;
    const wire = shortWire(exchange) ?? (isServed || exchange.verb !== 'POST' ? undefined : anyWire(exchange));
    if (wire !== undefined) return (health.knows(exchange) ? health : grpc).handle(exchange, wire);
    if (isServed) return connect.handle(exchange);
    if (methods.isOfService(exchange.path)) {
      refuseCall(exchange, notServed());
      return undefined;
    }
    return pages.knows(exchange) ? pages.handle(exchange) : rest.handle(exchange);
  }
}
