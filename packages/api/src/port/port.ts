import { aFunction } from '@login-policy/event-sourcing/options';
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { TlsOptions } from 'node:tls';
import { parseCloseOptions, parsePortOptions } from './port-options.js';
import type { OnRequest, PortServer } from './servers.js';

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
   * Takes no new connection, asks clients for no new request, lets those in flight be answered, and resolves when all
   * connections are closed. Twice is once.
   */
  readonly close: (options?: CloseOptions) => Promise<void>;
}

/**
 * Opens a port that speaks HTTP/1.1 and HTTP/2, for whatever is to be answered there: an API, a page, both. Clients who ask
 * and read nothing, say nothing, or never come to an end lose their connections.
 *
 * @throws RangeError that names an option that is unknown or malformed.
 * @throws Error of Node's when the port can't be had.
 */
export async function openPort(onRequest: OnRequest, given: PortOptions): Promise<OpenPort> {
  aFunction({ of: 'openPort', name: 'onRequest', value: onRequest, isGiven: true });
  const options = parsePortOptions(given);
  // Not before: who mounts the API in a server of their own needs none of it.
  const { portServer } = await import('./servers.js');
  const { host = '127.0.0.1', tls } = options;
  const server = portServer(onRequest, options, tls);
  const port = await bound(server.net, { port: options.port, host });
  const shownHost = host.includes(':') ? `[${host}]` : host;
  let closing: Promise<void> | undefined;
  return {
    port,
    url: `${tls === undefined ? 'http' : 'https'}://${shownHost}:${port}`,
    close: async (how = {}) => {
      const parsed = parseCloseOptions(how);
      await (closing ??= closed(server, parsed));
    },
  };
}

async function bound(server: Server, where: { readonly port: number; readonly host: string }): Promise<number> {
  await once(server.listen(where), 'listening');
  const address: AddressInfo | string | null = server.address();
  if (typeof address === 'object' && address !== null) return address.port;
  throw new Error('the server has no port');
}

/** So long is waited for the rest of a request of HTTP/1.1 of which a part has come when a port ends. */
const HALF_SENT_MS = 500;

function cutUnanswered({ connections, sessions }: PortServer): void {
  connections.cutUnanswered();
  sessions.cutUnanswered();
}

async function closed(server: PortServer, { drainMs = 0, graceMs = 10_000 }: CloseOptions): Promise<void> {
  const { closeIdle, connections, hasSettled, net, sessions } = server;
  connections.end();
  if (drainMs > 0) await pause(drainMs);
  // While their streams are open: a client of connect-node 2.1 on Node 22 ends its process over a GOAWAY on a connection without streams.
  sessions.end();
  // A request that the system has taken in already is read first: a connection that is closed over it is reset without a word.
  await hasSettled();
  const done = once(net.close(), 'close');
  // Those that were opened meanwhile.
  sessions.end();
  closeIdle();
  const timers = [
    setInterval(() => cutUnanswered(server), Math.min(graceMs, HALF_SENT_MS)),
    setTimeout(() => connections.cut(), graceMs),
  ];
  await done;
  for (const timer of timers) clearTimeout(timer);
}
