import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { Server as NetServer, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
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
export interface ProtocolServers {
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
export function protocolServers(onRequest: OnRequest, limits: ServerLimits): ProtocolServers {
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
