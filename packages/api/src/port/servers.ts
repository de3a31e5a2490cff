import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { contained } from './contained.js';
import { Http1Connections } from './http1-connections.js';
import { asRequests } from './http2-requests.js';
import { Http2Sessions } from './http2-sessions.js';
import type { ServerLimits } from './port-limits.js';

/** A request as Node's servers of HTTP/1.1 and HTTP/2 hand it out. */
export type NodeRequest = IncomingMessage | Http2ServerRequest;

/** A response as Node's servers of HTTP/1.1 and HTTP/2 hand it out. */
export type NodeResponse = ServerResponse | Http2ServerResponse;

/** Answers a request. What it throws breaks that request off, and never reaches the process. */
export type OnRequest = (request: NodeRequest, response: NodeResponse) => void;

/** The servers of the two protocols. Neither listens: they are handed their sockets. */
interface ProtocolServers {
  readonly h1: HttpServer;
  readonly connections: Http1Connections;
  readonly sessions: Http2Sessions;
  /** Hands over a connection on which it is known what is spoken. */
  readonly handOver: (socket: Socket, isHttp2: boolean) => void;
}

/** A port that speaks HTTP/1.1 and HTTP/2. */
export interface PortServer extends ProtocolServers {
  readonly net: NetServer;
  /** Closes the connections on which nothing is being answered over HTTP/1.1, or nothing was said yet. */
  readonly closeIdle: () => void;
}

/** Makes the servers of the two protocols. */
function protocolServers(onRequest: OnRequest, limits: ServerLimits): ProtocolServers {
  const safely: OnRequest = (request, response) =>
    contained(
      (defect) => response.destroy(defect),
      () => onRequest(request, response),
    );
  const connections = new Http1Connections();
  const h1 = createHttpServer(limits.http1, connections.watch(safely));
  const h2 = createHttp2Server(limits.http2).on('stream', asRequests(safely));
  h1.on('clientError', (error: Error, socket: Duplex) => connections.meetRubbish(error, socket));
  // Who takes nothing in of what they asked for. An answer that may be silent for longer lifts it from its socket.
  h1.timeout = limits.unreadMs;
  // Without it Node does not enforce the timeouts of a server that never listened itself.
  h1.emit('listening');
  const sessions = new Http2Sessions(h2, limits.idleMs);
  return {
    h1,
    connections,
    sessions,
    handOver: (socket, isHttp2) => (isHttp2 ? sessions.begin(socket) : h1.emit('connection', socket)),
  };
}

/**
 * Makes the server of a port with TLS: the protocol is agreed on by ALPN, and is HTTP/1.1 for clients that don't speak of it.
 *
 * HTTP/1.1 goes to a server of its own: Node's secure server of HTTP/2 takes it too, but with no time-outs at all.
 */
export function tlsServer(
  onRequest: OnRequest,
  { limits, tls }: { readonly limits: ServerLimits; readonly tls: TlsOptions },
): PortServer {
  const servers = protocolServers(onRequest, limits);
  const options = {
    ...limits.tcp,
    ...tls,
    ALPNProtocols: ['h2', 'http/1.1'],
    handshakeTimeout: limits.firstBytesMs,
  };
  const net = createTlsServer(options, (socket) => servers.handOver(socket, socket.alpnProtocol === 'h2'));
  net.on('tlsClientError', (_: Error, socket: Socket) => socket.destroy());
  return { ...servers, net, closeIdle: () => servers.h1.closeIdleConnections() };
}

/** How HTTP/2 begins; no verb of HTTP/1.1 does. */
const PREFACE = 'PRI';

/** Makes the server of a cleartext port: the first bytes of a connection tell which protocol is spoken. */
export function sniffingServer(onRequest: OnRequest, limits: ServerLimits): PortServer {
  const servers = protocolServers(onRequest, limits);
  const silent = new Set<Socket>();
  const net = createServer(limits.tcp, (socket) => {
    silent.add(socket);
    sniff(socket, limits.firstBytesMs, {
      known: (isHttp2) => servers.handOver(socket, isHttp2),
      settled: () => silent.delete(socket),
    });
  });
  const closeIdle = (): void => {
    servers.h1.closeIdleConnections();
    for (const socket of silent) socket.destroy();
  };
  return { ...servers, net, closeIdle };
}

interface Sniffed {
  readonly known: (isHttp2: boolean) => void;
  /** The socket was handed over, or is gone. */
  readonly settled: () => void;
}

/** Reads until it is certain which protocol is spoken, gives back what it read, and hands the socket over. */
function sniff(socket: Socket, patienceMs: number, { known, settled }: Sniffed): void {
  let head: Buffer = Buffer.alloc(0);
  const timer = setTimeout(() => socket.destroy(), patienceMs);
  const ignore = (): void => undefined;
  const giveUp = (): void => {
    clearTimeout(timer);
    settled();
  };
  const look = (): void => {
    const bytes: unknown = socket.read();
    if (Buffer.isBuffer(bytes)) head = Buffer.concat([head, bytes]);
    const start = head.toString('latin1', 0, PREFACE.length);
    if (start.length < PREFACE.length && PREFACE.startsWith(start)) return;
    giveUp();
    socket.off('readable', look).off('error', ignore).off('close', giveUp);
    socket.unshift(head);
    known(start === PREFACE);
  };
  socket.on('readable', look).on('error', ignore).on('close', giveUp);
}
