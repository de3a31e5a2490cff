import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { Arrivals } from './arrivals.js';
import { HeldBytes } from './held-bytes.js';
import { destroyOnError } from './destroy-on-error.js';
import { Http1Connections } from './http1-connections.js';
import { streamListener } from './http2-requests.js';
import { Http2Sessions } from './http2-sessions.js';
import type { PortLimits } from './port-options.js';
import type { OnRequest } from './on-request.js';

/**
 * The server of a port that speaks HTTP/1.1 and HTTP/2. One server listens (`net`) and hands each connection to the
 * server of its protocol.
 */
export interface PortServer {
  readonly net: NetServer;
  /** All connections of the port, and the answers of those that speak HTTP/1.1. */
  readonly connections: Http1Connections;
  /** The connections that speak HTTP/2. */
  readonly sessions: Http2Sessions;
  /** Resolves when no connection or request has arrived for a few turns of the event loop, or after this time. */
  readonly untilQuiet: (mostMs: number) => Promise<void>;
  /** Closes the HTTP/1.1 connections that wait for a request, and the connections that have not sent anything yet. */
  readonly closeIdle: () => void;
}

/**
 * Creates the server of a port. With TLS, ALPN negotiates the protocol, with HTTP/1.1 for clients without ALPN; in
 * cleartext, the first bytes of a connection decide.
 *
 * HTTP/1.1 has a server of its own, because Node's secure HTTP/2 server handles it without time-outs.
 */
export function portServer(onRequest: OnRequest, options: PortLimits, tls: TlsOptions | undefined): PortServer {
  const limits = limitsOf(options);
  const arrivals = new Arrivals();
  const onCountedRequest: OnRequest = (request, response) => {
    arrivals.count();
    destroyOnError(response, () => onRequest(request, response));
  };
  const buffered = HeldBytes.buffered();
  const connections = new Http1Connections(buffered);
  const h1 = createHttpServer(limits.http1, connections.inOrder(onCountedRequest));
  h1.on('clientError', (error: Error, socket: Duplex) => connections.onClientError(error, socket));
  // Closes clients that do not read their answers. A streaming answer removes this time-out from its socket.
  h1.timeout = limits.unreadMs;
  // Without this event, Node does not enforce the time-outs of a server that never listened.
  h1.emit('listening');
  const h2 = createHttp2Server(limits.http2);
  const sessions = new Http2Sessions(h2, { buffered, idleMs: limits.idleMs });
  h2.on(
    'stream',
    streamListener(onCountedRequest, (stream) => sessions.admits(stream)),
  );
  const silent = new Set<Socket>();
  const handOver: HandOver = (socket, isHttp2) => {
    if (isHttp2) sessions.begin(socket);
    else {
      h1.emit('connection', socket);
      connections.begin(socket);
    }
  };
  const net = tls === undefined ? cleartextServer(limits, silent, handOver) : tlsServer(limits, tls, handOver);
  net.on('connection', (socket: Socket) => connections.add(socket)).once('close', () => h1.close());
  net.on('connection', () => arrivals.count());
  net.maxConnections = limits.maxConnections;
  const closeIdle = (): void => {
    h1.closeIdleConnections();
    for (const socket of silent) socket.destroy();
  };
  return { net, connections, sessions, closeIdle, untilQuiet: (mostMs) => arrivals.untilQuiet(mostMs) };
}

/** Hands a connection to the server of its protocol. */
type HandOver = (socket: Socket, isHttp2: boolean) => void;

function tlsServer({ firstBytesMs, tcp }: Limits, tls: TlsOptions, handOver: HandOver): NetServer {
  const options = { ...tcp, ...tls, ALPNProtocols: ['h2', 'http/1.1'], handshakeTimeout: firstBytesMs };
  const net = createTlsServer(options, (socket) => handOver(socket, socket.alpnProtocol === 'h2'));
  return net.on('tlsClientError', (_: Error, socket: Socket) => socket.destroy());
}

/** The limits of a port as options of Node's servers, with defaults. */
function limitsOf({
  headersTimeoutMs = 10_000,
  idleTimeoutMs = 60_000,
  maxHeaderBytes = 16_384,
  ...limits
}: PortLimits) {
  const requestTimeout = Math.max(limits.requestTimeoutMs ?? 30_000, headersTimeoutMs);
  return {
    // A watch over HTTP/1.1 may be silent forever, so only TCP keep-alive notices that its client is gone.
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
    // How long an HTTP/1.1 client may leave an answer unread: longer than a request may take.
    unreadMs: requestTimeout + idleTimeoutMs,
    maxConnections: limits.maxConnections ?? 10_000,
  };
}

type Limits = ReturnType<typeof limitsOf>;

/** The connection preface of HTTP/2, which no HTTP/1.1 verb starts with. */
const PREFACE = 'PRI';

/**
 * Reads the first bytes of each connection until the protocol is known, puts them back, and hands the connection over.
 */
function cleartextServer({ firstBytesMs, tcp }: Limits, silent: Set<Socket>, handOver: HandOver): NetServer {
  return createServer(tcp, (socket) => {
    let head: Buffer = Buffer.alloc(0);
    const timer = setTimeout(() => socket.destroy(), firstBytesMs);
    const ignore = (): void => undefined;
    const stopWaiting = (): void => {
      clearTimeout(timer);
      silent.delete(socket);
    };
    const readFirstBytes = (): void => {
      const bytes: unknown = socket.read();
      if (Buffer.isBuffer(bytes)) head = Buffer.concat([head, bytes]);
      const start = head.toString('latin1', 0, PREFACE.length);
      if (start.length < PREFACE.length && PREFACE.startsWith(start)) return;
      stopWaiting();
      socket.off('readable', readFirstBytes).off('error', ignore).off('close', stopWaiting);
      socket.unshift(head);
      handOver(socket, start === PREFACE);
    };
    silent.add(socket);
    socket.on('readable', readFirstBytes).on('error', ignore).on('close', stopWaiting);
  });
}
