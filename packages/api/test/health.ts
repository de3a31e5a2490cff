import { toJson, type DescMessage, type Message } from '@bufbuild/protobuf';
import { ConnectError, type Transport } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import type { LoginPolicies } from '@login-policy/domain';
import { healthMethod } from './health-service.js';

export const WATCH = '/grpc.health.v1.Health/Watch';
const STATUSES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];

/** A `HealthCheckRequest`. */
export function asking(service: string): Buffer {
  const name = Buffer.from(service);
  return name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, name.length]), name]);
}

/** What a `HealthCheckResponse` says. */
export function statusIn(message: Uint8Array): string {
  return (message[0] === 8 ? STATUSES[message[1] ?? 0] : undefined) ?? Buffer.from(message).toString('hex');
}

/** connect-node over gRPC, on one connection of its own. */
export interface HealthClient {
  readonly transport: Transport;
  readonly close: () => void;
}

/** Makes one. */
export function healthClient(baseUrl: string, ca?: Buffer): HealthClient {
  const sessionManager = new Http2SessionManager(baseUrl, {}, ca === undefined ? {} : { ca });
  return { transport: createGrpcTransport({ baseUrl, sessionManager }), close: () => sessionManager.abort() };
}

/** A watch, read one status after another. */
export interface Watch {
  /** The next status; `OK` or the code of an error once it is over. */
  readonly next: () => Promise<string>;
  readonly cancel: () => void;
}

const watching = healthMethod('Watch', 'server_streaming');
const checking = healthMethod('Check', 'unary');

/** Begins to watch. */
export function watch({ transport }: HealthClient, service = '', timeoutMs?: number): Watch {
  const canceling = new AbortController();
  const statuses = statusesOf(transport, { signal: canceling.signal, service, timeoutMs });
  return {
    next: async () => {
      try {
        const { done, value } = await statuses.next();
        return done === true ? 'OK' : String(value);
      } catch (caught) {
        return String(ConnectError.from(caught).code);
      }
    },
    cancel: () => canceling.abort(),
  };
}

interface Watching {
  readonly signal: AbortSignal;
  readonly service: string;
  readonly timeoutMs: number | undefined;
}

async function* statusesOf(transport: Transport, { service, signal, timeoutMs }: Watching): AsyncGenerator<string> {
  const { message } = await transport.stream(watching, signal, timeoutMs, undefined, one({ service }));
  for await (const response of message) yield statusName(watching.output, response);
}

async function* one<Sent>(sent: Sent): AsyncGenerator<Sent> {
  yield await Promise.resolve(sent);
}

/** Asks once. */
export async function check({ transport }: HealthClient): Promise<string> {
  const { message } = await transport.unary(checking, undefined, undefined, undefined, {});
  return statusName(checking.output, message);
}

function statusName(desc: DescMessage, response: Message): string {
  const json = toJson(desc, response);
  const status: unknown = typeof json === 'object' && json !== null ? Reflect.get(json, 'status') : undefined;
  return typeof status === 'string' ? status : 'UNKNOWN';
}

/** Login policies whose read model is as far behind as is said, and that count how often they are asked. */
export interface Lagging {
  readonly policies: LoginPolicies;
  seconds: number;
  asked: number;
  readonly firstAsked: Promise<void>;
}

/** Makes them. They are good for questions of health only. */
export function lagging(): Lagging {
  let noticed: () => void = () => undefined;
  const firstAsked = new Promise<void>((resolve) => {
    noticed = resolve;
  });
  const lag: Lagging = { seconds: 0, asked: 0, firstAsked, policies: Object.create(null) };
  const readModel = {
    state: { is: 'following' },
    lag: () => {
      lag.asked += 1;
      noticed();
      return Promise.resolve({ events: 0n, seconds: lag.seconds });
    },
  };
  Object.assign(lag.policies, { readModel });
  return lag;
}
