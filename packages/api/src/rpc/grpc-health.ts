import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Int32ValueSchema, StringValueSchema } from '@bufbuild/protobuf/wkt';
import { noSuchService, notServed, unreadable } from '../errors/refusals.js';
import { deadlinePassed } from '../errors/status.js';
import type { Exchange } from '../server/exchange.js';
import type { ReadinessProbe } from '../server/readiness.js';
import { deadlineOf } from './deadline.js';
import type { GrpcWire } from './grpc-wire.js';
import type { RpcProtocol } from './rpc-protocol.js';
import { compressionOf } from './compression.js';

const SERVICE = '/grpc.health.v1.Health/';
const CHECK = `${SERVICE}Check`;
const WATCH = `${SERVICE}Watch`;
const STATUSES = { SERVING: 1, NOT_SERVING: 2, SERVICE_UNKNOWN: 3 } as const;

/** A service's status in grpc.health.v1. */
type HealthStatus = keyof typeof STATUSES;

/** grpc.health.v1, open to all: whether a service is ready, now (`Check`) and at every change (`Watch`). */
export interface GrpcHealth {
  readonly isHealthPath: (path: string) => boolean;
  /** Handles a call of the health service. @throws ApiError */
  readonly handle: (exchange: Exchange, wire: GrpcWire) => Promise<void>;
}

/** Reports the status of the served services, which is the same for all. */
export function grpcHealth({ isOfService }: Pick<RpcProtocol, 'isOfService'>, probe: ReadinessProbe): GrpcHealth {
  return {
    isHealthPath: (path) => path.startsWith(SERVICE),
    async handle(exchange, wire) {
      if (exchange.path !== CHECK && exchange.path !== WATCH) throw notServed();
      const deadline = deadlineOf(exchange, wire.headers.timeout);
      if (deadline !== undefined) exchange.onClosed(deadline.release);
      exchange.deadline = deadline?.signal;
      const compression = compressionOf(exchange.get(wire.headers.compression));
      const service = serviceIn(await wire.readMessage(exchange, compression));
      const isServed = service === '' || isOfService(`/${service}/`);
      if (exchange.path === WATCH) watch(exchange, wire, isServed ? probe : undefined);
      else if (isServed) await check(exchange, wire, probe);
      else throw noSuchService();
    },
  };
}

async function check(exchange: Exchange, wire: GrpcWire, probe: ReadinessProbe): Promise<void> {
  const { isReady } = await probe.readiness();
  exchange.send(wire.protocol, wire.succeed(exchange.answerHeaders(), healthMessage(statusOf(isReady))));
}

/** Begins a watch. Without a probe, the service is not served: its status stays unknown, which is not an error. */
function watch(exchange: Exchange, wire: GrpcWire, probe: ReadinessProbe | undefined): void {
  let lastStatus: HealthStatus | undefined;
  const sendStatus = (status: HealthStatus): void => {
    if (lastStatus !== status) stream.send(healthMessage(status));
    lastStatus = status;
  };
  const stream = wire.open(exchange);
  if (probe === undefined) sendStatus('SERVICE_UNKNOWN');
  const stopWatching = probe?.watch((isReady) => sendStatus(statusOf(isReady)));
  const { ending } = exchange.settings;
  const end = (): void => {
    stopWatching?.();
    if (probe !== undefined) sendStatus('NOT_SERVING');
    stream.end();
  };
  ending.addEventListener('abort', end);
  stream.onClosed(() => {
    stopWatching?.();
    ending.removeEventListener('abort', end);
  });
  exchange.deadline?.addEventListener('abort', () => stream.end(deadlinePassed()));
  if (ending.aborted) end();
}

function statusOf(isReady: boolean): HealthStatus {
  return isReady ? 'SERVING' : 'NOT_SERVING';
}

/** A `HealthCheckResponse`. Without a descriptor here, it is encoded by hand: one number. */
function healthMessage(status: HealthStatus): Uint8Array {
  return toBinary(Int32ValueSchema, create(Int32ValueSchema, { value: STATUSES[status] }));
}

/** The service in a `HealthCheckRequest`; an empty name means the whole server. @throws ApiError */
function serviceIn(message: Uint8Array): string {
  try {
    return fromBinary(StringValueSchema, message).value;
  } catch {
    throw unreadable("The message can't be read as grpc.health.v1.HealthCheckRequest.");
  }
}
