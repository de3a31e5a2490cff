import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Backlog } from './backlog.js';
import { takeInBySteps } from './http1-intake.js';
import { Turns } from './turns.js';
import { WaitingBytes } from './waiting-bytes.js';

/** Takes a request of HTTP/1.1. */
type OnHttp1 = (request: IncomingMessage, response: ServerResponse) => void;

/** What is owed on one connection of HTTP/1.1. */
interface Owing {
  /** One is in hand; the others wait for it, in this order. */
  answers: number;
  readonly waiting: (() => void)[];
  /** The last request, as long as an answer is owed. */
  last: IncomingMessage | undefined;
  /** Whether it closes after what is owed on it. */
  isLeaving: boolean;
  /** Goes on with what has come. */
  goOn: () => void;
}

/** The connections of a port, and what is owed on those of HTTP/1.1. */
export class Http1Connections {
  readonly #sockets = new Set<Socket>();
  readonly #owing = new WeakMap<Duplex, Owing>();
  readonly #begun = new Map<Socket, Owing>();
  readonly #backlog: Backlog;
  readonly #turns = new Turns();
  readonly #waiting = new WaitingBytes();
  #isEnding = false;

  constructor(backlog: Backlog) {
    this.#backlog = backlog;
  }

  /** A connection was made. */
  connected(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  /** A connection speaks HTTP/1.1: what comes over it is handed to the parser from now on. */
  begin(socket: Socket): void {
    const owing = this.#owingOn(socket);
    this.#begun.set(socket, owing);
    const shared = { backlog: this.#backlog, turns: this.#turns, waiting: this.#waiting };
    owing.goOn = takeInBySteps(socket, shared, () => ({
      isAnswering: owing.answers > 0,
      bodyAhead: owing.last?.complete === false ? owing.last.readableLength : undefined,
    }));
    socket.once('close', () => {
      this.#begun.delete(socket);
      owing.waiting.splice(0);
    });
  }

  /** The same listener, whose answers are watched. It is called when the answers to all earlier requests of the connection were taken in. */
  watch(onRequest: OnHttp1): OnHttp1 {
    return (request, response) => {
      const owing = this.#owe(request, response);
      const answer = (): void => {
        // Said to the client in the answer, so that it asks for nothing more here.
        if (this.#isEnding) response.shouldKeepAlive = false;
        onRequest(request, response);
      };
      if (owing.answers > 1) owing.waiting.push(answer);
      else answer();
    };
  }

  /**
   * Meets what can't be read on a connection of HTTP/1.1. A request before it that came whole, or whose body nobody reads, is
   * answered for what it did: Node would say 400 in its place. A later reader of such a body waits no longer than for any other.
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

  /** Cuts off the connections of HTTP/1.1 on which no request has come as a whole: nobody waits for an answer. */
  cutUnanswered(): void {
    for (const [socket, { answers }] of this.#begun) if (answers === 0) socket.destroy();
  }

  /** Cuts off what is still open. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #owingOn(socket: Socket): Owing {
    const known = this.#owing.get(socket);
    if (known !== undefined) return known;
    const owing = { answers: 0, waiting: [], last: undefined, isLeaving: false, goOn: () => undefined };
    this.#owing.set(socket, owing);
    return owing;
  }

  #owe(request: IncomingMessage, response: ServerResponse): Owing {
    const { socket } = request;
    const owing = this.#owingOn(socket);
    owing.answers++;
    owing.last = request;
    response.on('close', () => {
      if (--owing.answers === 0) {
        owing.last = undefined;
        if (owing.isLeaving || this.#isEnding) socket.end();
      }
      if (owing.waiting.length > 0 || socket.readableLength > 0)
        this.#turns.add(() => whenTakenIn(socket, () => goOn(owing)));
    });
    return owing;
  }
}

function goOn(owing: Owing): void {
  owing.waiting.shift()?.();
  owing.goOn();
}

/** Does something once the client has taken in what was sent, or nothing where it never does. */
function whenTakenIn(socket: Socket, act: () => void): void {
  if (socket.writableNeedDrain) socket.once('drain', act);
  else if (!socket.destroyed) act();
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
