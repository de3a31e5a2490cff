import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import { noSuchService, notServed, unreadable } from '../errors/refusals.js';
import type { Exchange } from '../server/exchange.js';
import type { ReadinessProbe } from '../server/readiness.js';
import { unframe } from './grpc-frame.js';
import type { GrpcWire } from './grpc-wire.js';
import type { MethodTable } from './method-table.js';

const SERVICE = '/grpc.health.v1.Health/';
const SERVING = 1;
const NOT_SERVING = 2;
const VARINT = 0;

/** The `Check` of grpc.health.v1, open to all: whether the service is ready. `Watch` is not served. */
export class GrpcHealth {
  readonly #methods: MethodTable;
  readonly #probe: ReadinessProbe;

  constructor(methods: MethodTable, probe: ReadinessProbe) {
    this.#methods = methods;
    this.#probe = probe;
  }

  /** Whether a path is one of the health service's. */
  knows({ path }: Exchange): boolean {
    return path.startsWith(SERVICE);
  }

  /** Answers whatever comes; never rejects. */
  async handle(exchange: Exchange, wire: GrpcWire): Promise<void> {
    try {
      if (exchange.path !== `${SERVICE}Check`) throw notServed();
      const service = serviceOf(unframe(await wire.body(exchange)));
      if (service !== '' && !this.#methods.isOfService(`/${service}/`)) throw noSuchService();
      const { isReady } = await this.#probe.look();
      const status = new BinaryWriter().tag(1, VARINT).int32(isReady ? SERVING : NOT_SERVING);
      wire.succeed(exchange, { message: undefined }, status.finish());
    } catch (caught) {
      wire.fail(exchange, exchange.failed(caught));
    }
  }
}

/** Field 1 of a HealthCheckRequest. */
function serviceOf(message: Uint8Array): string {
  try {
    const reader = new BinaryReader(message);
    let service = '';
    while (reader.pos < reader.len) {
      const [field, type] = reader.tag();
      if (field === 1) service = reader.string();
      else reader.skip(type, field);
    }
    return service;
  } catch {
    throw unreadable("The message can't be read as grpc.health.v1.HealthCheckRequest.");
  }
}
