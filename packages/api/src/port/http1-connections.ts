import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Takes a request of HTTP/1.1. */
type OnHttp1 = (request: IncomingMessage, response: ServerResponse) => void;

/** What is owed on one connection of HTTP/1.1. */
interface Owing {
  answers: number;
  /** The last request, as long as an answer is owed. */
  last: IncomingMessage | undefined;
  /** Whether it closes after what is owed on it. */
  isLeaving: boolean;
}

/** The connections of a port, and what is owed on those of HTTP/1.1. */
export class Http1Connections {
  readonly #sockets = new Set<Socket>();
  readonly #owing = new WeakMap<Duplex, Owing>();
  #isEnding = false;

  /** A connection was made. */
  connected(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  /** The same listener, whose answers are watched. */
  watch(onRequest: OnHttp1): OnHttp1 {
    return (request, response) => {
      this.#owe(request, response);
      // Said to the client in the answer, so that it asks for nothing more here.
      if (this.#isEnding) response.shouldKeepAlive = false;
      onRequest(request, response);
    };
  }

  /**
   * Meets what can't be read on a connection of HTTP/1.1. A request before it that came whole, or whose body nobody reads, is
   * answered for what it did: Node would say 400 in its place. Whoever reads such a body later waits no longer than for any.
   */
  meetRubbish(error: Error, socket: Duplex): void {
    const owing = this.#owing.get(socket);
    if (owing?.last?.complete === true || owing?.last?.readableFlowing === null) owing.isLeaving = true;
    else if (socket.writable) socket.end(refusalOf(error), () => socket.destroy());
    else socket.destroy();
  }

  /** Closes each connection after its last answer. */
  end(): void {
    this.#isEnding = true;
  }

  /** Cuts off what is still open. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #owe(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const owing = this.#owing.get(socket) ?? { answers: 0, last: undefined, isLeaving: false };
    if (owing.last === undefined) this.#owing.set(socket, owing);
    owing.answers++;
    owing.last = request;
    response.on('close', () => {
      if (--owing.answers > 0) return;
      owing.last = undefined;
      if (this.#isEnding || owing.isLeaving) socket.end();
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
