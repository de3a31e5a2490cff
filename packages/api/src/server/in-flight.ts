import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { NodeRequest, NodeResponse } from './node-http.js';

type OnRequest = (request: NodeRequest, response: NodeResponse) => void;

/** What is open on a port: its connections, its sessions of HTTP/2, and the answers not yet given. */
export class InFlight {
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  /** How many answers are still owed on a connection of HTTP/1.1. */
  readonly #owed = new Map<Socket, number>();
  #isEnding = false;

  /** A connection was made. */
  connected(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#owed.delete(socket);
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
      if (!('stream' in response)) this.#owe(response);
      onRequest(request, response);
    };
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

  #owe(response: Exclude<NodeResponse, { readonly stream: unknown }>): void {
    const { socket } = response;
    if (socket === null) return;
    this.#owed.set(socket, (this.#owed.get(socket) ?? 0) + 1);
    response.once('close', () => {
      const owed = (this.#owed.get(socket) ?? 1) - 1;
      this.#owed.set(socket, owed);
      if (this.#isEnding && owed === 0) socket.end();
    });
  }
}
