import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Backlog } from './backlog.js';
import { parseInSteps } from './http1-intake.js';
import { Turns } from './turns.js';
import { WaitingBytes } from './waiting-bytes.js';

/** Handles a request of HTTP/1.1. */
type OnHttp1 = (request: IncomingMessage, response: ServerResponse) => void;

/** The pending answers of an HTTP/1.1 connection. */
interface PendingAnswers {
  /** Their number. One answer is in progress; the others are queued. */
  count: number;
  /** The functions that begin the queued answers, in order. */
  readonly queued: (() => void)[];
  /** The last request, while an answer is pending. */
  lastRequest: IncomingMessage | undefined;
  /** Whether the connection closes after the pending answers. */
  closesAfterwards: boolean;
  /** Parses more of the bytes received so far, if no answer prevents it. */
  parseMore: () => void;
}

/** The connections of a port, and the pending answers of those that speak HTTP/1.1. */
export class Http1Connections {
  readonly #sockets = new Set<Socket>();
  readonly #pending = new WeakMap<Duplex, PendingAnswers>();
  /** The connections that speak HTTP/1.1. */
  readonly #begun = new Map<Socket, PendingAnswers>();
  readonly #backlog: Backlog;
  readonly #turns = new Turns();
  readonly #waiting = new WaitingBytes();
  #closesAfterAnswers = false;

  constructor(backlog: Backlog) {
    this.#backlog = backlog;
  }

  /** Adds a connection, before its protocol is known. */
  add(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  /** Begins to speak HTTP/1.1 on a connection: its bytes go to the parser from now on. */
  begin(socket: Socket): void {
    const pending = this.#pendingOn(socket);
    this.#begun.set(socket, pending);
    const shared = { backlog: this.#backlog, turns: this.#turns, waiting: this.#waiting };
    pending.parseMore = parseInSteps(socket, shared, () => ({
      isAnswering: pending.count > 0,
      bodyAhead: pending.lastRequest?.complete === false ? pending.lastRequest.readableLength : undefined,
    }));
    socket.once('close', () => {
      this.#begun.delete(socket);
      pending.queued.splice(0);
    });
  }

  /**
   * Wraps a request listener, so that pending answers are counted and a connection is answered in order: the listener is
   * called when the client has received the answers to all earlier requests.
   */
  inOrder(onRequest: OnHttp1): OnHttp1 {
    return (request, response) => {
      const pending = this.#countAnswer(request, response);
      const answer = (): void => {
        // Node announces this in the answer, so that the client sends no more requests on this connection.
        if (this.#closesAfterAnswers) response.shouldKeepAlive = false;
        onRequest(request, response);
      };
      if (pending.count > 1) pending.queued.push(answer);
      else answer();
    };
  }

  /**
   * Closes a connection that sent bytes which are not valid HTTP/1.1. If the request before them is complete, or nothing
   * reads its body, that request is answered first; Node alone would send 400 in its place.
   */
  refuseInvalidBytes(error: Error, socket: Duplex): void {
    const pending = this.#pending.get(socket);
    const { lastRequest } = pending ?? {};
    if (pending !== undefined && (lastRequest?.complete === true || lastRequest?.readableFlowing === null))
      pending.closesAfterwards = true;
    else if (socket.writable) socket.end(refusalOf(error), () => socket.destroy());
    else socket.destroy();
  }

  /** From now on, closes each connection after its pending answers. An idle connection stays open. */
  closeAfterAnswers(): void {
    this.#closesAfterAnswers = true;
  }

  /** Closes the HTTP/1.1 connections without a pending answer. They are idle, or have sent only a part of a request. */
  closeUnlessAnswering(): void {
    for (const [socket, { count }] of this.#begun) if (count === 0) socket.destroy();
  }

  /** Closes all remaining connections. */
  closeAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #pendingOn(socket: Socket): PendingAnswers {
    const existing = this.#pending.get(socket);
    if (existing !== undefined) return existing;
    const pending = {
      count: 0,
      queued: [],
      lastRequest: undefined,
      closesAfterwards: false,
      parseMore: () => undefined,
    };
    this.#pending.set(socket, pending);
    return pending;
  }

  /** Counts an answer as pending until it is closed. */
  #countAnswer(request: IncomingMessage, response: ServerResponse): PendingAnswers {
    const { socket } = request;
    const pending = this.#pendingOn(socket);
    pending.count++;
    pending.lastRequest = request;
    response.on('close', () => {
      if (--pending.count === 0) {
        pending.lastRequest = undefined;
        if (pending.closesAfterwards || this.#closesAfterAnswers) socket.end();
      }
      if (pending.queued.length > 0 || socket.readableLength > 0)
        this.#turns.add(() => whenReceived(socket, () => answerNext(pending)));
    });
    return pending;
  }
}

/** Begins the next queued answer, and parses the requests behind it. */
function answerNext(pending: PendingAnswers): void {
  pending.queued.shift()?.();
  pending.parseMore();
}

/** Calls `act` once the client has received what was sent; never, if it does not. */
function whenReceived(socket: Socket, act: () => void): void {
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
