import { constants, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { contained } from './contained.js';

/** How far a stream had come at the last look: what of its answer is unsent, and whether its request was whole. */
interface Seen {
  readonly unsent: number;
  readonly isWhole: boolean;
}

/** The sessions of HTTP/2 of a port. Those on which nothing moves are closed: pings and window updates move nothing. */
export class Http2Sessions {
  readonly #idleMs: number;
  readonly #sessions = new Set<ServerHttp2Session>();
  #isEnding = false;

  constructor(idleMs: number) {
    this.#idleMs = idleMs;
  }

  /** A session was opened. */
  opened(session: ServerHttp2Session): void {
    this.#sessions.add(session);
    const look = lookAfter(session);
    const breakOff = (defect: Error): void => session.destroy(defect);
    const timer = setInterval(() => contained(breakOff, look), this.#idleMs).unref();
    session.once('close', () => {
      clearInterval(timer);
      this.#sessions.delete(session);
    });
    if (this.#isEnding) session.close();
  }

  /** Takes no new stream, and closes each session after its last answer. */
  end(): void {
    this.#isEnding = true;
    for (const session of this.#sessions) session.close();
  }

  /** Cuts off what is still open. */
  cut(): void {
    for (const session of this.#sessions) session.destroy();
  }
}

/**
 * Gives what is to be done each time a session may have been still for long enough. A stream whose client takes nothing in, or
 * does not get its request to an end, is closed; a session without streams is closed, and cut off if it is still there at the
 * next look. While an answer is owed that nothing can be sent of yet, the client is asked whether it is there.
 */
function lookAfter(session: ServerHttp2Session): () => void {
  const streams = new Map<ServerHttp2Stream, Seen | undefined>();
  let isIdle = true;
  let isAsked = false;
  session.on('stream', (stream: ServerHttp2Stream) => {
    isIdle = false;
    if (stream.destroyed) return;
    streams.set(stream, undefined);
    stream.once('close', () => streams.delete(stream));
  });
  return () => {
    for (const [stream, before] of streams) streams.set(stream, progressOf(stream, before));
    if (session.destroyed) return;
    if (streams.size > 0) {
      if (isAsked) session.destroy();
      else isAsked = isAskedWhetherThere(session, () => (isAsked = false));
    } else if (session.closed) session.destroy();
    else if (isIdle) session.close();
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

function isAskedWhetherThere(session: ServerHttp2Session, isThere: () => void): boolean {
  return session.ping((error) => {
    if (error === null) isThere();
  });
}
