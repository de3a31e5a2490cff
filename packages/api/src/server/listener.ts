import { createSecureServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SecureContextOptions } from 'node:tls';
import { Http2Channel } from './http2-channel.js';
import { closeWhenIdle } from './idle-session.js';
import { InFlight } from './in-flight.js';
import { LastingAnswers } from './lasting-answers.js';
import type { Channel } from './channel.js';
import { NodeChannel, type NodeRequest, type NodeResponse } from './node-http.js';
import { serverLimits, type PortLimits, type ServerLimits } from './server-limits.js';
import { sniffingServer, type OnStream, type Receivers } from './sniffing-server.js';

/** Which port is listened on, and how. */
export interface ListenOptions extends PortLimits {
  /** 0 for any that is free. */
  readonly port: number;
  /** Default 127.0.0.1: only this machine. */
  readonly host?: string;
  /** Certificate and key; HTTP/1.1 and HTTP/2 are then agreed on by ALPN. Left out: cleartext, both on the one port. */
  readonly tls?: Pick<SecureContextOptions, 'cert' | 'key' | 'ca' | 'minVersion'>;
}

/** A port that is listened on. */
export interface Listening {
  readonly port: number;
  /** `http://127.0.0.1:8080` or `https://…`. */
  readonly url: string;
  /**
   * Takes no new connection and no new request, lets those in flight be answered, and resolves when all connections are
   * closed. What is not done after `graceMs`, default 10,000, is cut off. Twice is once.
   */
  readonly close: (graceMs?: number) => Promise<void>;
}

type OnRequest = (request: NodeRequest, response: NodeResponse) => void;
type Answer = (channel: Channel) => void;

/** A server, and the servers behind it that it hands its sockets to. */
interface Ports {
  readonly server: Server;
  /** The one that tells of what can't be read on a connection of HTTP/1.1. */
  readonly http1: Pick<Server, 'on'>;
  /** The one that tells of sessions of HTTP/2. */
  readonly sessions: Pick<Server, 'on'>;
  readonly closeIdle: () => void;
}

/** Listens on one port for HTTP/1.1 and HTTP/2. @throws Error of Node's when the port can't be had. */
export async function listen(answer: Answer, options: ListenOptions): Promise<Listening> {
  const limits = serverLimits(options);
  const inFlight = new InFlight();
  const lasting = new LastingAnswers();
  const onRequest = inFlight.watch((request, response) => answer(new NodeChannel(request, response, lasting)));
  const onStream: OnStream = (stream, headers) => answer(new Http2Channel(stream, headers, lasting));
  const ports =
    options.tls === undefined
      ? cleartext({ onRequest, onStream }, limits)
      : secure(onRequest, { limits, tls: options.tls });
  const { server } = ports;
  server.maxConnections = limits.maxConnections;
  server.on('connection', (socket: Socket) => inFlight.connected(socket));
  ports.http1.on('clientError', (error: Error, socket: Duplex) => inFlight.meetRubbish(error, socket));
  ports.sessions.on('session', (session: ServerHttp2Session) => {
    closeWhenIdle(session, limits.idleMs, () => lasting.isOn(session));
    inFlight.opened(session);
  });
  const host = options.host ?? '127.0.0.1';
  const port = await bound(server, { port: options.port, host });
  const shownHost = host.includes(':') ? `[${host}]` : host;
  const url = `${options.tls === undefined ? 'http' : 'https'}://${shownHost}:${port}`;
  let closing: Promise<void> | undefined;
  return {
    port,
    url,
    close: (graceMs = 10_000) => {
      lasting.end();
      return (closing ??= closed(server, inFlight, { graceMs, closeIdle: ports.closeIdle }));
    },
  };
}

function cleartext(receivers: Receivers, limits: ServerLimits): Ports {
  const { net, h1, h2, closeIdle } = sniffingServer(receivers, limits);
  net.once('close', () => h1.close());
  return { server: net, http1: h1, sessions: h2, closeIdle };
}

function secure(
  onRequest: OnRequest,
  { limits, tls }: { readonly limits: ServerLimits; readonly tls: NonNullable<ListenOptions['tls']> },
): Ports {
  const server = createSecureServer(
    { ...limits.tcp, ...limits.http1, ...limits.http2, ...tls, allowHTTP1: true },
    onRequest,
  );
  server.on('tlsClientError', (_: Error, socket: Socket) => socket.destroy());
  return { server, http1: server, sessions: server, closeIdle: () => undefined };
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
  server: Server,
  inFlight: InFlight,
  { graceMs, closeIdle }: { readonly graceMs: number; readonly closeIdle: () => void },
): Promise<void> {
  const done = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  inFlight.end();
  closeIdle();
  const timer = setTimeout(() => inFlight.cut(), graceMs);
  await done;
  clearTimeout(timer);
}
