import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { Arrivals } from './arrivals.js';
import { Backlog } from './backlog.js';
import { contained } from './contained.js';
import { Http1Connections } from './http1-connections.js';
import { asRequests } from './http2-requests.js';
import { Http2Sessions } from './http2-sessions.js';
import type { PortLimits } from './port.js';

/** A request as Node's servers of HTTP/1.1 and HTTP/2 hand it out. */
export type NodeRequest = IncomingMessage | Http2ServerRequest;

/** A response as Node's servers of HTTP/1.1 and HTTP/2 hand it out. */
export type NodeResponse = ServerResponse | Http2ServerResponse;

/** Answers a request. What it throws breaks that request off, and never reaches the process. */
export type OnRequest = (request: NodeRequest, response: NodeResponse) => void;

/** A port that speaks HTTP/1.1 and HTTP/2. Its servers of the two listen to nothing: they are handed their connections. */
export interface PortServer {
  readonly net: NetServer;
  readonly connections: Http1Connections;
  readonly sessions: Http2Sessions;
  /** Resolves when nothing more came in for a few turns of the event loop. */
  readonly hasSettled: () => Promise<void>;
  /** Closes the connections on which nothing is being answered over HTTP/1.1, or nothing was said yet. */
  readonly closeIdle: () => void;
}

/**
 * Makes the server of a port. With TLS, which protocol is spoken is agreed on by ALPN, and is HTTP/1.1 for clients that don't
 * speak of it; in cleartext, the first bytes of a connection tell it.
 *
 * HTTP/1.1 goes to a server of its own: Node's secure server of HTTP/2 takes it too, but with no time-outs at all.
 */
export function portServer(onRequest: OnRequest, wanted: PortLimits, tls: TlsOptions | undefined): PortServer {
  const limits = limitsOf(wanted);
  const arrivals = new Arrivals();
  const safely: OnRequest = (request, response) => {
    arrivals.count();
    contained(response, () => onRequest(request, response));
  };
  const backlog = new Backlog();
  const connections = new Http1Connections(backlog);
  const h1 = createHttpServer(limits.http1, connections.watch(safely));
  h1.on('clientError', (error: Error, socket: Duplex) => connections.meetRubbish(error, socket));
  // Who takes nothing in of what they asked for. An answer that may be silent for longer lifts it from its socket.
  h1.timeout = limits.unreadMs;
  // Without it Node does not enforce the timeouts of a server that never listened itself.
  h1.emit('listening');
  const h2 = createHttp2Server(limits.http2).on('stream', asRequests(safely));
  const sessions = new Http2Sessions(h2, { backlog, idleMs: limits.idleMs });
  const silent = new Set<Socket>();
  const known: OnKnown = (socket, isHttp2) => {
    if (isHttp2) sessions.begin(socket);
    else {
      h1.emit('connection', socket);
      connections.begin(socket);
    }
  };
  const net = tls === undefined ? sniffing(limits, silent, known) : secure(limits, tls, known);
  net.on('connection', (socket: Socket) => connections.connected(socket)).once('close', () => h1.close());
  net.on('connection', () => arrivals.count());
  net.maxConnections = limits.maxConnections;
  const closeIdle = (): void => {
    h1.closeIdleConnections();
    for (const socket of silent) socket.destroy();
  };
  return { net, connections, sessions, closeIdle, hasSettled: () => arrivals.haveSettled() };
}

/** Takes a connection on which it is known what is spoken. */
type OnKnown = (socket: Socket, isHttp2: boolean) => void;

function secure({ firstBytesMs, tcp }: Limits, tls: TlsOptions, known: OnKnown): NetServer {
  const options = { ...tcp, ...tls, ALPNProtocols: ['h2', 'http/1.1'], handshakeTimeout: firstBytesMs };
  const net = createTlsServer(options, (socket) => known(socket, socket.alpnProtocol === 'h2'));
  return net.on('tlsClientError', (_: Error, socket: Socket) => socket.destroy());
}

/** The limits of a port in the words of Node's servers, defaults filled in. */
function limitsOf({
  headersTimeoutMs = 10_000,
  idleTimeoutMs = 60_000,
  maxHeaderBytes = 16_384,
  ...limits
}: PortLimits) {
  const requestTimeout = Math.max(limits.requestTimeoutMs ?? 30_000, headersTimeoutMs);
  return {
    // A watch over HTTP/1.1 may be silent forever: only TCP finds out that its client is gone.
    tcp: { noDelay: true, keepAlive: true, keepAliveInitialDelay: idleTimeoutMs },
    http1: {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: headersTimeoutMs,
      requestTimeout,
      keepAliveTimeout: idleTimeoutMs,
      connectionsCheckingInterval: Math.min(1000, headersTimeoutMs),
    },
    http2: {
      settings: {
        maxConcurrentStreams: limits.maxConcurrentStreams ?? 100,
        maxHeaderListSize: maxHeaderBytes,
        enablePush: false,
      },
      maxSessionMemory: 4,
    },
    firstBytesMs: headersTimeoutMs,
    idleMs: idleTimeoutMs,
    // How long a client of HTTP/1.1 may leave an answer unread: longer than a request may be on its way.
    unreadMs: requestTimeout + idleTimeoutMs,
    maxConnections: limits.maxConnections ?? 10_000,
  };
}

type Limits = ReturnType<typeof limitsOf>;

/** How HTTP/2 begins; no verb of HTTP/1.1 does. */
const PREFACE = 'PRI';

/** Reads of each connection until it is certain which protocol is spoken, gives back what it read, and hands it over. */
function sniffing({ firstBytesMs, tcp }: Limits, silent: Set<Socket>, known: OnKnown): NetServer {
  return createServer(tcp, (socket) => {
    let head: Buffer = Buffer.alloc(0);
    const timer = setTimeout(() => socket.destroy(), firstBytesMs);
    const ignore = (): void => undefined;
    const giveUp = (): void => {
      clearTimeout(timer);
      silent.delete(socket);
    };
    const look = (): void => {
      const bytes: unknown = socket.read();
      if (Buffer.isBuffer(bytes)) head = Buffer.concat([head, bytes]);
      const start = head.toString('latin1', 0, PREFACE.length);
      if (start.length < PREFACE.length && PREFACE.startsWith(start)) return;
      giveUp();
      socket.off('readable', look).off('error', ignore).off('close', giveUp);
      socket.unshift(head);
      known(socket, start === PREFACE);
    };
    silent.add(socket);
    socket.on('readable', look).on('error', ignore).on('close', giveUp);
  });
}
