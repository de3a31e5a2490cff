import { constants, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { MOST_COUNTED, type Backlog } from './backlog.js';
import { contained } from './contained.js';
import { endBetweenReads } from './end-between-reads.js';

/** How often it is looked at what is unsent, and how much a session may leave so. */
const LOOK_MS = 500;
const MOST_UNSENT = 2 ** 20;

/** How far a stream had come at the last look: what of its answer is unsent, and whether its request was whole. */
interface Seen {
  readonly unsent: number;
  readonly isWhole: boolean;
}

/** The sessions of HTTP/2 of a port. Those on which nothing moves are closed: pings and window updates move nothing. */
export class Http2Sessions {
  readonly #server: Http2Server;
  readonly #idleMs: number;
  readonly #backlog: Backlog;
  readonly #sessions = new Map<ServerHttp2Session, ReadonlySet<ServerHttp2Stream>>();
  readonly #sockets = new Map<Socket, ReadonlySet<ServerHttp2Stream>>();
  readonly #wereEmpty = new WeakSet<Socket>();
  /** What was unsent of each session at the last look. */
  readonly #unsent = new WeakMap<ServerHttp2Session, number>();
  #looking: NodeJS.Timeout | undefined;
  #isEnding = false;

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
    this.#looking ??= setInterval(() => this.#lookAtUnsent(), LOOK_MS).unref();
    const look = lookAfter(session, socket, streams);
    const timer = setInterval(() => contained(session, look), this.#idleMs).unref();
    session.once('close', () => {
      clearInterval(timer);
      this.#sessions.delete(session);
      this.#backlog.keep(session, 0);
      if (this.#sessions.size > 0) return;
      clearInterval(this.#looking);
      this.#looking = undefined;
    });
    if (this.#isEnding) session.close();
  }

  /** Asks clients to open no new stream, and closes each session after its last answer. */
  end(): void {
    this.#isEnding = true;
    for (const session of this.#sessions.keys()) session.close();
  }

  /** Cuts off the connections on which no stream is open: who never closes their side does not hold up the end of a port. */
  cutUnanswered(): void {
    for (const [socket, streams] of this.#sockets) {
      // What was sent last may be on its way the first time.
      if (streams.size === 0 && this.#wereEmpty.has(socket)) socket.destroy();
      if (streams.size === 0) this.#wereEmpty.add(socket);
    }
  }

  /** Cuts off clients who leave much of their answers unread, and take in nothing of it from one look to the next. */
  #lookAtUnsent(): void {
    for (const [session, streams] of this.#sessions) {
      let unsent = 0;
      for (const { writableLength } of streams) unsent += Math.min(writableLength, MOST_COUNTED);
      const isStuck = unsent >= (this.#unsent.get(session) ?? Infinity);
      this.#unsent.set(session, unsent);
      if (isStuck && unsent > MOST_UNSENT) session.destroy();
      else this.#backlog.keep(session, unsent);
    }
  }
}

/**
 * Gives what is to be done each time a session may have been still for long enough. A stream whose client takes nothing in, or
 * does not get its request to an end, is closed; a session without streams is closed, and cut off if it is still there at the
 * next look. While an answer is owed that nothing can be sent of yet, the client is asked whether it is there.
 *
 * A session that is over leaves its connection half open until the client closes it, too, and some never do: that is cut off.
 */
function lookAfter(session: ServerHttp2Session, socket: Socket, streams: ReadonlySet<ServerHttp2Stream>): () => void {
  const seen = new WeakMap<ServerHttp2Stream, Seen>();
  let isIdle = true;
  let isAsked = false;
  let isOver = false;
  session.on('stream', () => (isIdle = false));
  return () => {
    for (const stream of streams) seen.set(stream, progressOf(stream, seen.get(stream)));
    if (isOver) socket.destroy();
    isOver = session.destroyed;
    if (isOver) return;
    if (streams.size > 0) {
      if (isAsked) session.destroy();
      else session.ping((error) => (isAsked = error !== null));
      isAsked = true;
    } else if (isIdle) session.close();
    isIdle = streams.size === 0;
  };
}

/** How far a stream has come; one that has come no farther is closed. */
function progressOf(stream: ServerHttp2Stream, before: Seen | undefined): Seen {
  const seen = { unsent: stream.writableLength, isWhole: stream.state.remoteClose !== 0 };
  const isStuck = before !== undefined && ((seen.unsent > 0 && seen.unsent === before.unsent) || !seen.isWhole);
  if (isStuck && !stream.closed) stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  return seen;
}
