import type { ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { TlsOptions } from 'node:tls';
import { contained } from './contained.js';
import { Http1Connections } from './http1-connections.js';
import { asRequests, isOver } from './http2-requests.js';
import { serverLimits, type PortLimits } from './port-limits.js';
import type { NodeRequest, NodeResponse, PortServer, Receivers } from './protocol-servers.js';
import { sniffingServer } from './sniffing-server.js';
import { tlsServer } from './tls-server.js';

/** Which port is listened on, and how. */
export interface PortOptions extends PortLimits {
  /** 0 for any that is free. */
  readonly port: number;
  /** Default 127.0.0.1: only this machine. */
  readonly host?: string;
  /** Certificate and key; HTTP/1.1 and HTTP/2 are then agreed on by ALPN. Left out: cleartext, both on the one port. */
  readonly tls?: Pick<TlsOptions, 'cert' | 'key' | 'ca' | 'minVersion' | 'requestCert' | 'rejectUnauthorized'>;
}

/** How a port ends. */
export interface CloseOptions {
  /** Default 0: how long new connections and requests are still taken, each the last of its connection. */
  readonly drainMs?: number;
  /** Default 10,000: after how long what is not answered is cut off, counted from the end of the drain. */
  readonly graceMs?: number;
}

/** A port that is listened on. */
export interface OpenPort {
  readonly port: number;
  /** `http://127.0.0.1:8080` or `https://…`. */
  readonly url: string;
  /**
   * Takes no new connection and no new request, lets those in flight be answered, and resolves when all connections are
   * closed. Twice is once.
   */
  readonly close: (options?: CloseOptions) => Promise<void>;
}

/** Answers a request. What it throws breaks that request off, and never reaches the process. */
export type OnRequest = (request: NodeRequest, response: NodeResponse) => void;

/**
 * Opens a port that speaks HTTP/1.1 and HTTP/2, for whatever is to be answered there: an API, a page, both. Clients who ask
 * and read nothing, say nothing, or never come to an end lose their connections.
 *
 * @throws Error of Node's when the port can't be had.
 */
export function openPort(onRequest: OnRequest, options: PortOptions): Promise<OpenPort> {
  return openPortFor({ onRequest, onStream: asRequests(onRequest) }, options);
}

/** The same, for who takes the streams of HTTP/2 as they are. @throws Error of Node's when the port can't be had. */
export async function openPortFor(receivers: Receivers, options: PortOptions): Promise<OpenPort> {
  const limits = serverLimits(options);
  const connections = new Http1Connections();
  const kept = safely(receivers, connections);
  const { tls } = options;
  const servers = tls === undefined ? sniffingServer(kept, limits) : tlsServer(kept, { limits, tls });
  const { net: server, h1 } = servers;
  server.once('close', () => h1.close());
  server.maxConnections = limits.maxConnections;
  server.on('connection', (socket: Socket) => connections.connected(socket));
  h1.on('clientError', (error: Error, socket: Duplex) => connections.meetRubbish(error, socket));
  const host = options.host ?? '127.0.0.1';
  const port = await bound(server, { port: options.port, host });
  const shownHost = host.includes(':') ? `[${host}]` : host;
  let closing: Promise<void> | undefined;
  return {
    port,
    url: `${tls === undefined ? 'http' : 'https'}://${shownHost}:${port}`,
    close: (how = {}) => (closing ??= closed(servers, connections, how)),
  };
}

/** What is thrown ends one request. */
function safely({ onRequest, onStream }: Receivers, connections: Http1Connections): Receivers {
  return {
    onRequest: connections.watch((request, response) =>
      contained(
        (defect) => response.destroy(defect),
        () => onRequest(request, response),
      ),
    ),
    onStream: (stream: ServerHttp2Stream, headers) => {
      // A client that breaks off is told of by 'close'; without a listener its error would end the process.
      stream.on('error', () => undefined);
      // Node tells of a stream that its client has broken off by then, too: with it nothing can be done that does not throw.
      if (isOver(stream)) return;
      contained(
        (defect) => stream.destroy(defect),
        () => onStream(stream, headers),
      );
    },
  };
}

function bound(server: Server, where: { readonly port: number; readonly host: string }): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      const address: AddressInfo | string | null = server.address();
      if (typeof address === 'object' && address !== null) resolve(address.port);
      else reject(new Error('the server has no port'));
    });
  });
}

async function closed(
  { closeIdle, net, sessions }: PortServer,
  connections: Http1Connections,
  { drainMs = 0, graceMs = 10_000 }: CloseOptions,
): Promise<void> {
  connections.end();
  if (drainMs > 0) await pause(drainMs);
  const done = new Promise<void>((resolve) => {
    net.close(() => resolve());
  });
  sessions.end();
  closeIdle();
  const timer = setTimeout(() => {
    sessions.cut();
    connections.cut();
  }, graceMs);
  await done;
  clearTimeout(timer);
}
