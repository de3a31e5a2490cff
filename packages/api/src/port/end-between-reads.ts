import { constants, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { setImmediate } from 'node:timers';

/** The highest stream id. A GOAWAY with it tells the client that none of its streams was refused. */
const LAST_STREAM = 2 ** 31 - 1;

/**
 * Makes a session end only between two reads and after its last answer, whatever calls its `close` or `destroy`.
 * Returns the streams that are open on it.
 *
 * Node calls these itself when a client sends GOAWAY, and goes on reading the bytes that follow. No stream may open
 * after Node's `close` before its frames are sent. Therefore `close` waits here until no stream is open, and then stops
 * reading at once.
 */
export function endBetweenReads(session: ServerHttp2Session): ReadonlySet<ServerHttp2Stream> {
  const close = session.close.bind(session);
  const destroy = session.destroy.bind(session);
  let isClosing = false;
  let hasGoaway = false;
  const streams = openStreams(session, () => {
    if (isClosing) setImmediate(endIfEmpty);
  });
  const endIfEmpty = (): void => {
    if (session.destroyed || streams.size > 0) return;
    close();
    destroy();
  };
  session.close = (onClosed) => {
    hasGoaway = false;
    if (onClosed !== undefined) session.once('close', onClosed);
    if (isClosing) return;
    isClosing = true;
    setImmediate(() => {
      if (!session.destroyed && streams.size > 0) session.goaway(constants.NGHTTP2_NO_ERROR, LAST_STREAM);
      endIfEmpty();
    });
  };
  // After this event Node itself calls `close` or `destroy`.
  session.on('goaway', () => (hasGoaway = true));
  session.destroy = (error, code) => {
    if (hasGoaway) setImmediate(destroy, error, code);
    else destroy(error, code);
    hasGoaway = false;
  };
  return streams;
}

/** The streams that are open on a session, kept up to date. */
function openStreams(session: ServerHttp2Session, onClosed: () => void): ReadonlySet<ServerHttp2Stream> {
  const streams = new Set<ServerHttp2Stream>();
  session.on('stream', (stream: ServerHttp2Stream) => {
    // Node also emits streams that the client has already aborted.
    if (stream.destroyed) return;
    streams.add(stream);
    stream.once('close', () => {
      streams.delete(stream);
      onClosed();
    });
  });
  return streams;
}
