import { constants, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { MOST_COUNTED, type Backlog } from './backlog.js';
import { destroyOnError } from './destroy-on-error.js';
import { endBetweenReads } from './end-between-reads.js';

/** The interval between two checks of unsent bytes, and the most unsent bytes of a session that is never closed. */
const CHECK_MS = 500;
const MOST_UNSENT = 2 ** 20;

/** The progress of a stream at the last check: its unsent bytes, and whether its request was complete. */
interface Seen {
  readonly unsent: number;
  readonly isWhole: boolean;
}

/** The HTTP/2 sessions of a port. Sessions without progress are closed; pings and window updates are not progress. */
export class Http2Sessions {
  readonly #server: Http2Server;
  readonly #idleMs: number;
  readonly #backlog: Backlog;
  readonly #sessions = new Map<ServerHttp2Session, ReadonlySet<ServerHttp2Stream>>();
  readonly #sockets = new Map<Socket, ReadonlySet<ServerHttp2Stream>>();
  /** The connections that had no open stream at an earlier {@link closeUnlessAnswering}. */
  readonly #wereEmpty = new WeakSet<Socket>();
  /** The unsent bytes of each session at the last check. */
  readonly #unsent = new WeakMap<ServerHttp2Session, number>();
  #timer: NodeJS.Timeout | undefined;
  #closesAfterAnswers = false;

  constructor(server: Http2Server, { backlog, idleMs }: { readonly backlog: Backlog; readonly idleMs: number }) {
    this.#server = server;
    this.#idleMs = idleMs;
    this.#backlog = backlog;
  }

  /** Begins to speak HTTP/2 on a connection. */
  begin(socket: Socket): void {
    const opened = (session: ServerHttp2Session): void => this.#opened(session, socket);
    this.#server.once('session', opened).emit('connection', socket);
    this.#server.off('session', opened);
  }

  #opened(session: ServerHttp2Session, socket: Socket): void {
    const streams = endBetweenReads(session);
    this.#sessions.set(session, streams);
    this.#sockets.set(socket, streams);
    socket.once('close', () => this.#sockets.delete(socket));
    this.#timer ??= setInterval(() => this.#closeStuck(), CHECK_MS).unref();
    const check = idleCheck(session, socket, streams);
    const timer = setInterval(() => destroyOnError(session, check), this.#idleMs).unref();
    session.once('close', () => {
      clearInterval(timer);
      this.#sessions.delete(session);
      this.#backlog.setBuffered(session, 0);
      if (this.#sessions.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    });
    if (this.#closesAfterAnswers) session.close();
  }

  /** From now on, asks the client of each session to open no more streams (GOAWAY), and closes it after its answers. */
  closeAfterAnswers(): void {
    this.#closesAfterAnswers = true;
    for (const session of this.#sessions.keys()) session.close();
  }

  /**
   * Closes the connections without open streams, so that a client that never closes does not delay the end of the port.
   */
  closeUnlessAnswering(): void {
    for (const [socket, streams] of this.#sockets) {
      // On the first call, the last answer may still be on its way.
      if (streams.size === 0 && this.#wereEmpty.has(socket)) socket.destroy();
      if (streams.size === 0) this.#wereEmpty.add(socket);
    }
  }

  /** Closes clients that leave much of their answers unread and read nothing between two checks. */
  #closeStuck(): void {
    for (const [session, streams] of this.#sessions) {
      let unsent = 0;
      for (const { writableLength } of streams) unsent += Math.min(writableLength, MOST_COUNTED);
      const isStuck = unsent >= (this.#unsent.get(session) ?? Infinity);
      this.#unsent.set(session, unsent);
      if (isStuck && unsent > MOST_UNSENT) session.destroy();
      else this.#backlog.setBuffered(session, unsent);
    }
  }
}

/**
 * Makes the function to call when a session may have been idle for long enough. It closes a stream whose client reads
 * nothing or does not complete its request. It closes a session without streams, and its connection at the next check.
 * While an answer is pending, it pings the client.
 *
 * A closed session leaves its connection half open until the client closes it, too. Some clients never do, so the
 * connection is then destroyed.
 */
function idleCheck(session: ServerHttp2Session, socket: Socket, streams: ReadonlySet<ServerHttp2Stream>): () => void {
  const seen = new WeakMap<ServerHttp2Stream, Seen>();
  let isIdle = true;
  let isPinged = false;
  let isOver = false;
  session.on('stream', () => (isIdle = false));
  return () => {
    for (const stream of streams) seen.set(stream, progressOf(stream, seen.get(stream)));
    if (isOver) socket.destroy();
    isOver = session.destroyed;
    if (isOver) return;
    if (streams.size > 0) {
      if (isPinged) session.destroy();
      else session.ping((error) => (isPinged = error !== null));
      isPinged = true;
    } else if (isIdle) session.close();
    isIdle = streams.size === 0;
  };
}

/** The progress of a stream; one without any is closed. */
function progressOf(stream: ServerHttp2Stream, before: Seen | undefined): Seen {
  const seen = { unsent: stream.writableLength, isWhole: stream.state.remoteClose !== 0 };
  const isStuck = before !== undefined && ((seen.unsent > 0 && seen.unsent === before.unsent) || !seen.isWhole);
  if (isStuck && !stream.closed) stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  return seen;
}
