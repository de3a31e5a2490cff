import type { ServerOptions as Http1Options } from 'node:http';
import type { ServerOptions as Http2Options } from 'node:http2';
import type { ServerOpts as TcpOptions } from 'node:net';

/** What a client may take of a port, each with a default that suits an API of short calls. */
export interface PortLimits {
  /** Default 16,384: all headers of a request together. */
  readonly maxHeaderBytes?: number;
  /** Default 100: calls at a time on one connection of HTTP/2. */
  readonly maxConcurrentStreams?: number;
  /** Default 10,000: how long the headers of a request may take to arrive. */
  readonly headersTimeoutMs?: number;
  /** Default 30,000: how long a request may take to arrive as a whole. */
  readonly requestTimeoutMs?: number;
  /** Default 60,000: how long a connection is kept on which nothing is asked, or nothing of the answers is read. */
  readonly idleTimeoutMs?: number;
  /** Default 10,000: connections at a time. */
  readonly maxConnections?: number;
}

/** The limits in the words of Node's servers. */
export interface ServerLimits {
  readonly tcp: TcpOptions;
  readonly http1: Http1Options;
  readonly http2: Http2Options;
  readonly firstBytesMs: number;
  readonly idleMs: number;
  /** How long a client of HTTP/1.1 may leave an answer unread: longer than a request may be on its way. */
  readonly unreadMs: number;
  readonly maxConnections: number;
}

/** The limits of a port, defaults filled in. */
export function serverLimits(limits: PortLimits): ServerLimits {
  const maxHeaderBytes = limits.maxHeaderBytes ?? 16_384;
  const headersTimeout = limits.headersTimeoutMs ?? 10_000;
  const requestTimeout = Math.max(limits.requestTimeoutMs ?? 30_000, headersTimeout);
  const idleMs = limits.idleTimeoutMs ?? 60_000;
  return {
    // A watch over HTTP/1.1 may be silent for ever: only TCP finds out that its client is gone.
    tcp: { noDelay: true, keepAlive: true, keepAliveInitialDelay: idleMs },
    http1: {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout,
      requestTimeout,
      keepAliveTimeout: idleMs,
      connectionsCheckingInterval: Math.min(1000, headersTimeout),
    },
    http2: {
      settings: {
        maxConcurrentStreams: limits.maxConcurrentStreams ?? 100,
        maxHeaderListSize: maxHeaderBytes,
        enablePush: false,
      },
      maxSessionMemory: 4,
    },
    firstBytesMs: headersTimeout,
    idleMs,
    unreadMs: requestTimeout + idleMs,
    maxConnections: limits.maxConnections ?? 10_000,
  };
}
