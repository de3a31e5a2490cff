import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Int32ValueSchema, StringValueSchema } from '@bufbuild/protobuf/wkt';
import { noSuchService, notServed, unreadable } from '../errors/refusals.js';
import { timeWasUp } from '../errors/status.js';
import type { Exchange } from '../server/exchange.js';
import type { ReadinessProbe } from '../server/readiness.js';
import { deadlineOf } from './deadline.js';
import type { GrpcWire } from './grpc-wire.js';
import type { RpcSkin } from './rpc-skin.js';
import { packingOf } from './packing.js';

const SERVICE = '/grpc.health.v1.Health/';
const CHECK = `${SERVICE}Check`;
const WATCH = `${SERVICE}Watch`;
/** It holds no more than a name. */
const LONGEST_REQUEST = 10_000;
const STATUSES = { SERVING: 1, NOT_SERVING: 2, SERVICE_UNKNOWN: 3 } as const;

/** What grpc.health.v1 says of a service. */
type HealthStatus = keyof typeof STATUSES;

/** grpc.health.v1, open to all: whether the service is ready, now (`Check`) and at every change (`Watch`). */
export class GrpcHealth {
  readonly #methods: Pick<RpcSkin, 'isOfService'>;
  readonly #probe: ReadinessProbe;

  constructor(methods: Pick<RpcSkin, 'isOfService'>, probe: ReadinessProbe) {
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
    const deadline = deadlineOf(exchange, wire.headers.timeout);
    if (deadline !== undefined) exchange.onClosed(deadline.release);
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
    exchange.send(wire.protocol, wire.succeed(exchange.answerHeaders(), { bytes, packing: undefined }));
  }

  /** A service that is not served is none for as long as the watch lasts, and that is no error. */
  #begin(
    exchange: Exchange,
    wire: GrpcWire,
    { deadline, isServed }: { readonly deadline: AbortSignal | undefined; readonly isServed: boolean },
  ): void {
    let said: HealthStatus | undefined;
    const say = (status: HealthStatus): void => {
      if (said !== status) stream.say(healthMessage(status));
      said = status;
    };
    const stream = wire.open(exchange);
    if (!isServed) say('SERVICE_UNKNOWN');
    const leave = isServed ? this.#probe.watch((isReady) => say(statusOf(isReady))) : (): void => undefined;
    const ended = exchange.settings.lasting.begun(() => {
      leave();
      if (isServed) say('NOT_SERVING');
      stream.end();
    });
    stream.onClosed(leave);
    stream.onClosed(ended);
    deadline?.addEventListener('abort', () => stream.end(timeWasUp()));
  }

  #serves(service: string): boolean {
    return service === '' || this.#methods.isOfService(`/${service}/`);
  }
}

function statusOf(isReady: boolean): HealthStatus {
  return isReady ? 'SERVING' : 'NOT_SERVING';
}

/** A `HealthCheckResponse`, of which there is no descriptor here: to the letter, it is the number of its status. */
function healthMessage(status: HealthStatus): Uint8Array {
  return toBinary(Int32ValueSchema, create(Int32ValueSchema, { value: STATUSES[status] }));
}

/** The service a `HealthCheckRequest` asks of, which is that name alone; the empty one is the server as a whole. @throws ApiError */
function serviceIn(message: Uint8Array): string {
  try {
    return fromBinary(StringValueSchema, message).value;
  } catch {
    throw unreadable("The message can't be read as grpc.health.v1.HealthCheckRequest.");
  }
}
