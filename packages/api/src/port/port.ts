import { rule } from '@login-policy/event-sourcing';
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { parseCloseOptions, parsePortOptions, type PortOptions, type CloseOptions } from './port-options.js';
import type { PortServer } from './servers.js';
import type { OnRequest } from './on-request.js';

/** A listening network port. */
export interface OpenPort {
  readonly port: number;
  /** `http://127.0.0.1:8080` or `https://…`. */
  readonly url: string;
  /**
   * After the drain, accepts no new connections, asks clients to send no new requests, completes the running ones, and
   * resolves when all connections are closed. Idempotent.
   */
  readonly close: (options?: CloseOptions) => Promise<void>;
}

/**
 * Opens a port that speaks HTTP/1.1 and HTTP/2, for an API, a web page, or both. Clients that do not read their
 * answers, send nothing, or never complete a request are disconnected.
 *
 * @throws RangeError that names an unknown or malformed option.
 * @throws Error of Node's when the port is not available.
 */
export async function openPort(onRequest: OnRequest, options: PortOptions): Promise<OpenPort> {
  // Throws when it is not one.
  rule.aFunction({ of: 'openPort', name: 'onRequest', value: onRequest, isGiven: true });
  const parsed = parsePortOptions(options);
  // Loaded here, because a program that mounts the API in a server of its own does not need it.
  const { portServer } = await import('./servers.js');
  const { host = '127.0.0.1', tls } = parsed;
  const server = portServer(onRequest, parsed, tls);
  const port = await listen(server.net, { port: parsed.port, host });
  const shownHost = host.includes(':') ? `[${host}]` : host;
  let closing: Promise<void> | undefined;
  return {
    port,
    url: `${tls === undefined ? 'http' : 'https'}://${shownHost}:${port}`,
    close: async (closeOptions = {}) => {
      const limits = parseCloseOptions(closeOptions);
      await (closing ??= drainAndClose(server, limits));
    },
  };
}

/** Starts to listen, and returns the port number. */
async function listen(server: Server, address: { readonly port: number; readonly host: string }): Promise<number> {
  await once(server.listen(address), 'listening');
  const bound: AddressInfo | string | null = server.address();
  if (typeof bound === 'object' && bound !== null) return bound.port;
  throw new Error('the server has no port');
}

/**
 * How often a closing port closes the connections without a pending answer. A partly sent request gets no more time
 * than that.
 */
const CLOSE_IDLE_EVERY_MS = 500;

/**
 * Closes a port in steps. Within the grace period, the pending answers are completed, and no client is reset without an
 * answer.
 *
 * `connections.closeAll` closes all connections; its other methods only those of HTTP/1.1. `sessions` are those of
 * HTTP/2.
 */
async function drainAndClose(
  server: PortServer,
  { drainMs = 0, graceMs = 10_000, onCutOff }: CloseOptions,
): Promise<void> {
  const { closeIdle, connections, net, sessions, untilQuiet } = server;
  connections.closeAfterAnswers();
  if (drainMs > 0) await pause(drainMs);
  const graceEndsAt = performance.now() + graceMs;
  // This sends GOAWAY. It comes before anything is closed, while streams are still open: connect-node 2.1 clients on
  // Node 22 crash when GOAWAY arrives on a connection without streams.
  sessions.closeAfterAnswers();
  // The operating system may have received requests that are not read yet. Closing their connections now would reset
  // them without an answer. Under load that takes long, and the answers need the rest of the time.
  await untilQuiet(graceMs / 2);
  const done = once(net.close(), 'close');
  closeIdle();
  const timers = [
    // Two kinds of clients could delay the end although no answer to them is pending: an HTTP/1.1 client that has sent
    // a part of a request, and an HTTP/2 client that does not close.
    setInterval(
      () => {
        connections.closeUnlessAnswering();
        sessions.closeUnlessAnswering();
      },
      Math.min(graceMs, CLOSE_IDLE_EVERY_MS),
    ),
    setTimeout(
      () => {
        onCutOff?.();
        connections.closeAll();
      },
      Math.max(0, graceEndsAt - performance.now()),
    ),
  ];
  await done;
  for (const timer of timers) clearTimeout(timer);
}
