import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Backlog } from './backlog.js';
import { takeInBySteps } from './http1-intake.js';
import { Turns } from './turns.js';
import { WaitingBytes } from './waiting-bytes.js';

/** Handles a request of HTTP/1.1. */
type OnHttp1 = (request: IncomingMessage, response: ServerResponse) => void;

/** The pending answers of an HTTP/1.1 connection. */
interface Owing {
  /** The number of pending answers. One is in progress; the others wait in order. */
  answers: number;
  readonly waiting: (() => void)[];
  /** The last request, while an answer is pending. */
  last: IncomingMessage | undefined;
  /** Whether it closes after the pending answers. */
  isLeaving: boolean;
  /** Continues with the bytes received so far. */
  goOn: () => void;
}

/** The connections of a port, and the pending answers of those that speak HTTP/1.1. */
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

  /** A connection was opened. */
  connected(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  /** A connection speaks HTTP/1.1: its bytes go to the parser from now on. */
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

  /**
   * The same listener, with its answers tracked. It is called when the client has received the answers to all earlier
   * requests of the connection.
   */
  watch(onRequest: OnHttp1): OnHttp1 {
    return (request, response) => {
      const owing = this.#owe(request, response);
      const answer = (): void => {
        // Sent in the answer, so that the client sends no more requests here.
        if (this.#isEnding) response.shouldKeepAlive = false;
        onRequest(request, response);
      };
      if (owing.answers > 1) owing.waiting.push(answer);
      else answer();
    };
  }

  /**
   * Handles bytes that are not valid HTTP/1.1. An earlier complete request, or one whose body is not read, still gets
   * its answer, where Node would send 400 instead. Its body reader waits no longer than any other.
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

  /** Closes the HTTP/1.1 connections without a pending answer: idle ones, and those with half-sent headers only. */
  closeUnlessAnswering(): void {
    for (const [socket, { answers }] of this.#begun) if (answers === 0) socket.destroy();
  }

  /** Closes all remaining connections. */
  closeAll(): void {
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

/** Calls `act` once the client has received what was sent; never, if it does not. */
function whenTakenIn(socket: Socket, act: () => void): void {
  if (socket.writableNeedDrain) socket.once('drain', act);
  else if (!socket.destroyed) act();
}

const REFUSALS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** Node's own text. */
function refusalOf(error: Error): string {
  const code = 'code' in error ? String(error.code) : '';
  return `HTTP/1.1 ${REFUSALS[code] ?? '400 Bad Request'}\r\nConnection: close\r\n\r\n`;
}
