import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
} from 'node:http';
import {
  createServer as createHttp2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Server as NetServer, Socket } from 'node:net';
import type { OnHttp1 } from './http1-connections.js';
import { Http2Sessions } from './http2-sessions.js';
import type { ServerLimits } from './port-limits.js';

/** A request as Node's servers of HTTP/1.1 and HTTP/2 hand it out. */
export type NodeRequest = IncomingMessage | Http2ServerRequest;

/** A response as Node's servers of HTTP/1.1 and HTTP/2 hand it out. */
export type NodeResponse = ServerResponse | Http2ServerResponse;

/** Takes a stream of HTTP/2. */
export type OnStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

/** Who takes requests of HTTP/1.1 and streams of HTTP/2. */
export interface Receivers {
  readonly onRequest: OnHttp1;
  readonly onStream: OnStream;
}

/** The servers of the two protocols. Neither listens: they are handed their sockets. */
export interface ProtocolServers {
  readonly h1: HttpServer;
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
export function protocolServers({ onRequest, onStream }: Receivers, limits: ServerLimits): ProtocolServers {
  const h1 = createHttpServer(limits.http1, onRequest);
  const h2 = createHttp2Server(limits.http2).on('stream', onStream);
  // Who takes nothing in of what they asked for. An answer that may be silent for longer lifts it from its socket.
  h1.timeout = limits.unreadMs;
  // Without it Node does not enforce the timeouts of a server that never listened itself.
  h1.emit('listening');
  const sessions = new Http2Sessions(h2, limits.idleMs);
  return {
    h1,
    sessions,
    handOver: (socket, isHttp2) => (isHttp2 ? sessions.begin(socket) : h1.emit('connection', socket)),
  };
}
