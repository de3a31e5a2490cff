import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { NodeRequest, NodeResponse } from './node-http.js';

type OnRequest = (request: NodeRequest, response: NodeResponse) => void;

/** What is open on a port: its connections, its sessions of HTTP/2, and the answers not yet given. */
export class InFlight {
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  /** How many answers are still owed on a connection of HTTP/1.1. */
  readonly #owed = new Map<Socket, number>();
  /** The last request of a connection, as long as an answer is owed on it. */
  readonly #last = new Map<Duplex, NodeRequest>();
  /** Connections that close after what is owed on them. */
  readonly #leaving = new WeakSet<Duplex>();
  #isEnding = false;

  /** A connection was made. */
  connected(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#owed.delete(socket);
      this.#last.delete(socket);
    });
  }

  /** A session of HTTP/2 was opened. */
  opened(session: ServerHttp2Session): void {
    this.#sessions.add(session);
    session.once('close', () => this.#sessions.delete(session));
    if (this.#isEnding) session.close();
  }

  /** The same listener, whose answers are watched. */
  watch(onRequest: OnRequest): OnRequest {
    return (request, response) => {
      if (!('stream' in response)) this.#owe(request, response);
      onRequest(request, response);
    };
  }

  /**
   * Meets what can't be read on a connection of HTTP/1.1. A request before it that came whole, or whose body nobody reads, is
   * answered for what it did: Node would say 400 in its place. Whoever reads such a body later waits no longer than for any.
   */
  meetRubbish(error: Error, socket: Duplex): void {
    const last = this.#last.get(socket);
    if (last?.complete === true || last?.readableFlowing === null) this.#leaving.add(socket);
    else if (socket.writable) socket.end(refusalOf(error), () => socket.destroy());
    else socket.destroy();
  }

  /** Lets what is in flight be answered; each connection closes after its last answer. */
  end(): void {
    this.#isEnding = true;
    for (const session of this.#sessions) session.close();
  }

  /** Cuts off what is still open. */
  cut(): void {
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }

  #owe(request: NodeRequest, response: NodeResponse): void {
    const { socket } = request;
    this.#owed.set(socket, (this.#owed.get(socket) ?? 0) + 1);
    this.#last.set(socket, request);
    response.once('close', () => {
      const owed = (this.#owed.get(socket) ?? 1) - 1;
      this.#owed.set(socket, owed);
      if (owed > 0) return;
      this.#last.delete(socket);
      if (this.#isEnding || this.#leaving.has(socket)) socket.end();
    });
  }
}

const REFUSALS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** As Node says it. */
function refusalOf(error: Error): string {
  const code = 'code' in error ? String(error.code) : '';
  return `HTTP/1.1 ${REFUSALS[code] ?? '400 Bad Request'}\r\nConnection: close\r\n\r\n`;
}
