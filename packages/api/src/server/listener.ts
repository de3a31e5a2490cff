import type { ServerHttp2Session } from 'node:http2';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SecureContextOptions } from 'node:tls';
import { contained } from './contained.js';
import { Http2Channel, isOver } from './http2-channel.js';
import { closeWhenIdle } from './idle-session.js';
import { InFlight } from './in-flight.js';
import { LastingAnswers } from './lasting-answers.js';
import type { Channel } from './channel.js';
import { NodeChannel } from './node-http.js';
import type { OnStream } from './port-server.js';
import { serverLimits, type PortLimits } from './server-limits.js';
import { sniffingServer } from './sniffing-server.js';
import { tlsServer } from './tls-server.js';

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

type Answer = (channel: Channel) => void;

/** Listens on one port for HTTP/1.1 and HTTP/2. @throws Error of Node's when the port can't be had. */
export async function listen(answer: Answer, options: ListenOptions): Promise<Listening> {
  const limits = serverLimits(options);
  const inFlight = new InFlight();
  const lasting = new LastingAnswers();
  const receivers = {
    onRequest: inFlight.watch((request, response) => {
      const breakOff = (defect: Error): unknown => response.destroy(defect);
      contained(breakOff, () => answer(new NodeChannel(request, response, lasting)));
    }),
    onStream: receiving((stream, headers) => answer(new Http2Channel(stream, headers, lasting))),
  };
  const ports =
    options.tls === undefined ? sniffingServer(receivers, limits) : tlsServer(receivers, { limits, tls: options.tls });
  const { net: server, h1, h2 } = ports;
  server.once('close', () => h1.close());
  server.maxConnections = limits.maxConnections;
  server.on('connection', (socket: Socket) => inFlight.connected(socket));
  h1.on('clientError', (error: Error, socket: Duplex) => inFlight.meetRubbish(error, socket));
  h2.on('session', (session: ServerHttp2Session) => {
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

/** Node tells of a stream that its client has broken off by then, too: with it nothing can be done that does not throw. */
function receiving(onStream: OnStream): OnStream {
  return (stream, headers) => {
    // A client that breaks off is told of by 'close'; without a listener its error would end the process.
    stream.on('error', () => undefined);
    if (isOver(stream)) return;
    contained(
      (defect) => stream.destroy(defect),
      () => onStream(stream, headers),
    );
  };
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
