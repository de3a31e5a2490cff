import { constants, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';

/** Higher than every stream: who is told that the streams up to this one are answered has none of theirs taken back. */
const LAST_STREAM = 2 ** 31 - 1;

/**
 * Makes a session end between two reads only, and after its last answer, no matter what calls its `close` or `destroy`. Gives the
 * streams that are open on it.
 *
 * Node calls them itself as soon as a client says that it goes (GOAWAY), and reads on in what came behind that. A stream that
 * opens there is freed while it is read (Node 20, nodejs/node#64113), or its data finds nobody (Node 22, nodejs/node#64850):
 * each ends the process. Nor may a stream open behind Node's `close` as long as what that says to the client is unsent. So
 * here `close` waits until no stream is open, and then stops reading at once.
 *
 * Ports of `openPort` do it themselves. A server of your own needs it from the beginning of a session, before any request:
 * `server.on('session', endBetweenReads)`.
 */
export function endBetweenReads(session: ServerHttp2Session): ReadonlySet<ServerHttp2Stream> {
  const close = session.close.bind(session);
  const destroy = session.destroy.bind(session);
  let isLeaving = false;
  let isToldToGo = false;
  const streams = openStreams(session, () => {
    if (isLeaving) setImmediate(leave);
  });
  const leave = (): void => {
    if (session.destroyed || streams.size > 0) return;
    close();
    destroy();
  };
  session.close = (onClosed) => {
    isToldToGo = false;
    if (onClosed !== undefined) session.once('close', onClosed);
    if (isLeaving) return;
    isLeaving = true;
    setImmediate(() => {
      if (!session.destroyed && streams.size > 0) session.goaway(constants.NGHTTP2_NO_ERROR, LAST_STREAM);
      leave();
    });
  };
  // Right after this event Node calls one of the two.
  session.on('goaway', () => (isToldToGo = true));
  session.destroy = (error, code) => {
    if (isToldToGo) setImmediate(destroy, error, code);
    else destroy(error, code);
    isToldToGo = false;
  };
  return streams;
}

/** The streams that are open on a session from now on. */
function openStreams(session: ServerHttp2Session, onClosed: () => void): ReadonlySet<ServerHttp2Stream> {
  const streams = new Set<ServerHttp2Stream>();
  session.on('stream', (stream: ServerHttp2Stream) => {
    // Node tells of a stream that its client has broken off by then, too.
    if (stream.destroyed) return;
    streams.add(stream);
    stream.once('close', () => {
      streams.delete(stream);
      onClosed();
    });
  });
  return streams;
}
