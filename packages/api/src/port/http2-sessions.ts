import {
  constants,
  type Http2Server,
  type Http2Session,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import { MOST_COUNTED, type HeldBytes } from './held-bytes.js';
import { destroyOnError } from './destroy-on-error.js';
import { endBetweenReads } from './end-between-reads.js';

/** The interval between two checks of unsent bytes, and the most unsent bytes of a session that is never closed. */
const CHECK_MS = 500;
const MOST_UNSENT = 2 ** 20;
/** The most open streams of a port. Beyond it, each session still has its share of this number. */
const MOST_STREAMS = 1000;

/** The progress of a stream at a check. */
interface StreamProgress {
  /** Its unsent bytes. */
  readonly unsent: number;
  readonly isRequestComplete: boolean;
}

/** The HTTP/2 sessions of a port. Sessions without progress are closed; pings and window updates are not progress. */
export class Http2Sessions {
  readonly #server: Http2Server;
  readonly #idleMs: number;
  readonly #buffered: HeldBytes;
  readonly #sessions = new Map<Http2Session, ReadonlySet<ServerHttp2Stream>>();
  readonly #sockets = new Map<Socket, ReadonlySet<ServerHttp2Stream>>();
  /** The connections that had no open stream at an earlier call of {@link closeUnlessAnswering}. */
  readonly #wereWithoutStreams = new WeakSet<Socket>();
  /** The unsent bytes of each session at the last check. */
  readonly #unsent = new WeakMap<Http2Session, number>();
  #timer: NodeJS.Timeout | undefined;
  #openStreams = 0;
  #closesAfterAnswers = false;

  constructor(server: Http2Server, { buffered, idleMs }: { readonly buffered: HeldBytes; readonly idleMs: number }) {
    this.#server = server;
    this.#idleMs = idleMs;
    this.#buffered = buffered;
  }

  /** Begins to speak HTTP/2 on a connection. */
  begin(socket: Socket): void {
    const opened = (session: ServerHttp2Session): void => this.#opened(session, socket);
    this.#server.once('session', opened).emit('connection', socket);
    this.#server.off('session', opened);
  }

  /** Counts a stream until it closes. Returns `false` for one too many, which is to be refused. */
  admits(stream: ServerHttp2Stream): boolean {
    const own = (stream.session && this.#sessions.get(stream.session)?.size) ?? 0;
    if (this.#openStreams >= MOST_STREAMS && own * this.#sessions.size >= MOST_STREAMS) return false;
    this.#openStreams++;
    stream.once('close', () => this.#openStreams--);
    return true;
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
      this.#buffered.set(session, 0);
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
      // Closed only by the second call, because the last answer may still be on its way during the first.
      if (streams.size === 0 && this.#wereWithoutStreams.has(socket)) socket.destroy();
      if (streams.size === 0) this.#wereWithoutStreams.add(socket);
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
      else this.#buffered.set(session, unsent);
    }
  }
}

/**
 * Makes the function that checks a session at intervals of the idle time. It closes a stream whose client reads nothing
 * or does not complete its request. It closes a session without streams, and its connection at the next check. While an
 * answer is pending, it pings the client, and closes the session when the previous ping was not answered.
 *
 * A closed session leaves its connection half open until the client closes it, too. Some clients never do, so the
 * connection is then destroyed.
 */
function idleCheck(session: ServerHttp2Session, socket: Socket, streams: ReadonlySet<ServerHttp2Stream>): () => void {
  const progress = new WeakMap<ServerHttp2Stream, StreamProgress>();
  let isIdle = true;
  let isPingUnanswered = false;
  let wasDestroyed = false;
  session.on('stream', () => (isIdle = false));
  return () => {
    for (const stream of streams) progress.set(stream, closeIfStuck(stream, progress.get(stream)));
    if (wasDestroyed) socket.destroy();
    wasDestroyed = session.destroyed;
    if (wasDestroyed) return;
    if (streams.size > 0) {
      if (isPingUnanswered) session.destroy();
      else session.ping((error) => (isPingUnanswered = error !== null));
      isPingUnanswered = true;
    } else if (isIdle) session.close();
    isIdle = streams.size === 0;
  };
}

/** Closes a stream without progress since the last check. Returns its progress. */
function closeIfStuck(stream: ServerHttp2Stream, before: StreamProgress | undefined): StreamProgress {
  const now = { unsent: stream.writableLength, isRequestComplete: stream.state.remoteClose !== 0 };
  const isStuck = before !== undefined && ((now.unsent > 0 && now.unsent === before.unsent) || !now.isRequestComplete);
  if (isStuck && !stream.closed) stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  return now;
}
