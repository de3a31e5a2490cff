import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { HeldBytes } from './held-bytes.js';
import { parseInSteps } from './parse-in-steps.js';
import { TaskQueue } from './task-queue.js';

/** Handles a request of HTTP/1.1. */
type OnHttp1 = (request: IncomingMessage, response: ServerResponse) => void;

/** The pending answers of an HTTP/1.1 connection. */
interface PendingAnswers {
  /** Their number. One answer is in progress; the others are queued. */
  count: number;
  /** The functions that begin the queued answers, in order. */
  readonly queued: (() => void)[];
  /** The latest request; `undefined` when no answer is pending. */
  lastRequest: IncomingMessage | undefined;
  /** Whether the connection closes after the pending answers. */
  closesAfterwards: boolean;
  /** Passes more of the received bytes to the parser. A new request is parsed only when no answer is pending. */
  parseMore: () => void;
}

/** The connections of a port, and the pending answers of those that speak HTTP/1.1. */
export class Http1Connections {
  readonly #sockets = new Set<Socket>();
  /** Also of closed connections, because Node may report a request or an error late. */
  readonly #pending = new WeakMap<Duplex, PendingAnswers>();
  /** The open connections that speak HTTP/1.1. */
  readonly #http1 = new Map<Socket, PendingAnswers>();
  readonly #buffered: HeldBytes;
  readonly #tasks = new TaskQueue();
  readonly #unparsed = HeldBytes.unparsed();
  #closesAfterAnswers = false;

  constructor(buffered: HeldBytes) {
    this.#buffered = buffered;
  }

  /** Adds a connection, before its protocol is known. */
  add(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  /** Begins to speak HTTP/1.1 on a connection: its bytes go to the parser from now on. */
  begin(socket: Socket): void {
    const pending = this.#pendingOn(socket);
    this.#http1.set(socket, pending);
    const shared = { buffered: this.#buffered, tasks: this.#tasks, unparsed: this.#unparsed };
    pending.parseMore = parseInSteps(socket, shared, () => ({
      isAnswering: pending.count > 0,
      unreadBody: pending.lastRequest?.complete === false ? pending.lastRequest.readableLength : undefined,
    }));
    socket.once('close', () => {
      this.#http1.delete(socket);
      pending.queued.splice(0);
    });
  }

  /**
   * Wraps a request listener, so that pending answers are counted and the requests of a connection are answered in
   * order: the listener gets a request when the answers to all earlier requests are sent.
   */
  inOrder(onRequest: OnHttp1): OnHttp1 {
    return (request, response) => {
      const pending = this.#countAnswer(request, response);
      const answer = (): void => {
        // Node then sends `Connection: close`, and the client sends no more requests on this connection.
        if (this.#closesAfterAnswers) response.shouldKeepAlive = false;
        onRequest(request, response);
      };
      if (pending.count > 1) pending.queued.push(answer);
      else answer();
    };
  }

  /**
   * Closes a connection after an error of Node's parser: invalid bytes, a limit, or a time-out. The request before the
   * error is answered first if it is complete or nothing reads its body; Node alone would send 400 in its place.
   */
  onClientError(error: Error, socket: Duplex): void {
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
    for (const [socket, { count }] of this.#http1) if (count === 0) socket.destroy();
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
        this.#tasks.add(() => whenSent(socket, () => answerNext(pending)));
    });
    return pending;
  }
}

/** Begins the next queued answer, or parses the next request. */
function answerNext(pending: PendingAnswers): void {
  pending.queued.shift()?.();
  pending.parseMore();
}

/** Calls `act` once the socket has passed its bytes to the operating system; never, if the connection closes first. */
function whenSent(socket: Socket, act: () => void): void {
  if (socket.writableNeedDrain) socket.once('drain', act);
  else if (!socket.destroyed) act();
}

const REFUSALS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** The answer that Node sends for this error by default. */
function refusalOf(error: Error): string {
  const code = 'code' in error ? String(error.code) : '';
  return `HTTP/1.1 ${REFUSALS[code] ?? '400 Bad Request'}\r\nConnection: close\r\n\r\n`;
}
