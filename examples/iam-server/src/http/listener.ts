import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { CannotStart } from '../config.js';
import { codeOf } from '../data/private-file.js';

/** What is listened on. */
export interface ListenOptions {
  readonly host: string;
  /** Tried one after the other. */
  readonly ports: readonly number[];
  /** Where they were named. */
  readonly variable: 'PORT' | 'IAM_API_PORT';
  readonly tls: { readonly key: Buffer; readonly cert: Buffer } | undefined;
  /** How long a connection is kept on which nothing is read or sent. Default 90,000. */
  readonly silentMs?: number;
}

/** A port that is listened on. */
export interface Listening {
  readonly url: string;
  /** Begins to answer; requests that came before have waited. */
  readonly serve: (onRequest: OnRequest) => void;
  /** Takes nothing new, lets what is in flight be answered, and cuts off what takes longer than `graceMs`. */
  readonly close: (graceMs: number) => Promise<void>;
}

/** Answers a request. */
export type OnRequest = (request: IncomingMessage, response: ServerResponse) => void;

const LIMITS = {
  maxHeaderSize: 16_384,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  handshakeTimeout: 10_000,
  keepAliveTimeout: 60_000,
  connectionsCheckingInterval: 1000,
  noDelay: true,
  // Whoever watches the health may be told nothing for ever: only TCP finds out that he is gone.
  keepAlive: true,
  keepAliveInitialDelay: 60_000,
} as const;

/** Where a server that listens on all addresses is found from the same machine. */
const ALL_ADDRESSES: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** Listens on the first of the ports that can be had. @throws CannotStart when none can. */
export async function listen({ host, ports, variable, tls, silentMs = 90_000 }: ListenOptions): Promise<Listening> {
  const server = tls === undefined ? createHttpServer(LIMITS) : createHttpsServer({ ...LIMITS, ...tls });
  server.maxConnections = 10_000;
  // Who takes nothing in of what they asked for would keep their place for ever.
  server.timeout = silentMs;
  let isEnding = false;
  const early: [IncomingMessage, ServerResponse][] = [];
  let answer: OnRequest = (request, response) => early.push([request, response]);
  server.on('request', (request, response) => {
    response.once('close', () => {
      // A connection counts as idle only after this event.
      if (isEnding) setImmediate(() => server.closeIdleConnections());
    });
    answer(request, response);
  });
  const port = await firstFree(server, { host, ports, variable });
  const reachable = ALL_ADDRESSES[host] ?? host;
  const shownHost = reachable.includes(':') ? `[${reachable}]` : reachable;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${shownHost}:${port}`,
    serve(onRequest) {
      answer = onRequest;
      for (const [request, response] of early.splice(0)) onRequest(request, response);
    },
    close(graceMs) {
      isEnding = true;
      return closed(server, graceMs);
    },
  };
}

async function firstFree(
  server: Server,
  { host, ports, variable }: Pick<ListenOptions, 'host' | 'ports' | 'variable'>,
): Promise<number> {
  for (const port of ports) {
    try {
      return await bound(server, host, port);
    } catch (caught) {
      if (codeOf(caught) === 'EADDRINUSE' && port !== ports.at(-1)) continue;
      throw cannotListen(`${variable} ${port} on HOST ${host}`, caught);
    }
  }
  throw new CannotStart(`${variable} names no port.`);
}

/** Why a place can't be listened on, as a sentence. */
export function cannotListen(place: string, cause: unknown): CannotStart {
  const code = codeOf(cause) ?? '';
  return new CannotStart(`${place} can't be listened on: ${reasons[code] ?? code}.`, { cause });
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program does',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'there is no such host',
  EACCES: 'this user is not allowed to',
};

function bound(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      const address = server.address();
      if (typeof address === 'object' && address !== null) resolve(address.port);
      else reject(new Error('the server has no port'));
    });
  });
}

async function closed(server: Server, graceMs: number): Promise<void> {
  const done = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await done;
  clearTimeout(timer);
}
