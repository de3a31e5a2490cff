import { noSuchService, notServed } from '../errors/refusals.js';
import { timeWasUp } from '../errors/status.js';
import type { Exchange } from '../server/exchange.js';
import type { ReadinessProbe } from '../server/readiness.js';
import type { GrpcWire } from './grpc-wire.js';
import { healthMessage, serviceIn, type HealthStatus } from './health-messages.js';
import type { MethodTable } from './rpc-skin.js';
import { packingOf } from './packing.js';

const SERVICE = '/grpc.health.v1.Health/';
const CHECK = `${SERVICE}Check`;
const WATCH = `${SERVICE}Watch`;
/** It holds no more than a name. */
const LONGEST_REQUEST = 10_000;

/** grpc.health.v1, open to all: whether the service is ready, now (`Check`) and at every change (`Watch`). */
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

  /** Answers a call of the health service. @throws ApiError */
  async handle(exchange: Exchange, wire: GrpcWire): Promise<void> {
    if (exchange.path !== CHECK && exchange.path !== WATCH) throw notServed();
    const deadline = wire.deadline(exchange);
    if (deadline !== undefined) exchange.channel.onClosed(deadline.release);
    const packing = packingOf(exchange.get(wire.headers.packing));
    const asked = await wire.message(exchange, packing, LONGEST_REQUEST);
    const isServed = this.#serves(serviceIn(asked));
    if (exchange.path === CHECK) await this.#check(exchange, wire, isServed);
    else this.#begin(exchange, wire, { isServed, deadline: deadline?.signal });
  }

  async #check(exchange: Exchange, wire: GrpcWire, isServed: boolean): Promise<void> {
    if (!isServed) throw noSuchService();
    const { isReady } = await this.#probe.look();
    const bytes = healthMessage(statusOf(isReady));
    exchange.send(wire.protocol, wire.succeed(exchange, { message: undefined }, { bytes, packing: undefined }));
  }

  /** A service that is not served is none for as long as the watch lasts, and that is no error. */
  #begin(
    exchange: Exchange,
    wire: GrpcWire,
    { deadline, isServed }: { readonly deadline: AbortSignal | undefined; readonly isServed: boolean },
  ): void {
    let said: HealthStatus | undefined;
    const say = (status: HealthStatus): void => {
      if (said !== status) stream?.say(healthMessage(status));
      said = status;
    };
    const stream = wire.open(exchange, () => {
      leave();
      if (isServed) say('NOT_SERVING');
      stream?.end();
    });
    if (stream === undefined) return;
    if (!isServed) say('SERVICE_UNKNOWN');
    const leave = isServed ? this.#probe.watch((isReady) => say(statusOf(isReady))) : (): void => undefined;
    exchange.channel.onClosed(leave);
    deadline?.addEventListener('abort', () => stream.end(timeWasUp()));
  }

  #serves(service: string): boolean {
    return service === '' || this.#methods.isOfService(`/${service}/`);
  }
}

function statusOf(isReady: boolean): HealthStatus {
  return isReady ? 'SERVING' : 'NOT_SERVING';
}
