import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import {
  createServer as createHttp2Server,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { createServer as createNetServer, type Server as NetServer, type Socket } from 'node:net';
import type { ServerLimits } from './server-limits.js';
import type { NodeRequest, NodeResponse } from './node-http.js';

/** How HTTP/2 begins; no verb of HTTP/1.1 does. */
const PREFACE = 'PRI';

/** A port that speaks HTTP/1.1 and HTTP/2 without TLS: the first bytes tell which. */
export interface SniffingServer {
  readonly net: NetServer;
  readonly h1: HttpServer;
  readonly h2: Http2Server;
  /** Closes the connections on which nothing is being answered over HTTP/1.1, or nothing was said yet. */
  readonly closeIdle: () => void;
}

/** Takes a stream of HTTP/2. */
export type OnStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

/** Who takes requests of HTTP/1.1 and streams of HTTP/2. */
export interface Receivers {
  readonly onRequest: (request: NodeRequest, response: NodeResponse) => void;
  readonly onStream: OnStream;
}

/** Makes the server of a cleartext port. */
export function sniffingServer({ onRequest, onStream }: Receivers, limits: ServerLimits): SniffingServer {
  const h1 = createHttpServer(limits.http1, onRequest);
  const h2 = createHttp2Server(limits.http2).on('stream', onStream);
  // Without it Node does not enforce the timeouts of a server that never listened itself.
  h1.emit('listening');
  const silent = new Set<Socket>();
  const net = createNetServer(limits.tcp, (socket) => {
    silent.add(socket);
    sniff(socket, limits.firstBytesMs, {
      known: (isHttp2) => (isHttp2 ? h2 : h1).emit('connection', socket),
      settled: () => silent.delete(socket),
    });
  });
  const closeIdle = (): void => {
    h1.closeIdleConnections();
    for (const socket of silent) socket.destroy();
  };
  return { net, h1, h2, closeIdle };
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
