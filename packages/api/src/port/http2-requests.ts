import {
  constants,
  Http2ServerRequest,
  Http2ServerResponse,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { destroyOnError, isOver } from './destroy-on-error.js';
import type { OnRequest } from './on-request.js';

const CONTINUE = '100-continue';

/**
 * Makes a listener for HTTP/2 streams that calls `onRequest` with Node's request and response objects. A stream that is
 * not admitted is refused in a way that lets its client send the request again.
 *
 * Node's own listener is not used, because it sends "continue" unconditionally, and throws when the client has already
 * aborted.
 */
export function streamListener(
  onRequest: OnRequest,
  isAdmitted: (stream: ServerHttp2Stream) => boolean,
): (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, ...rest: [flags: number, rawHeaders: string[]]) => void {
  return (stream, headers, ...[, rawHeaders]) => {
    // An abort is reported by 'close'. Without a listener, the error would end the process.
    stream.on('error', () => undefined);
    // Node also emits streams that the client has already aborted; using one throws.
    if (isOver(stream)) return;
    destroyOnError(stream, () => {
      if (!isAdmitted(stream)) stream.close(constants.NGHTTP2_REFUSED_STREAM);
      else if (isServed(stream, headers))
        onRequest(new Http2ServerRequest(stream, headers, {}, rawHeaders), new Http2ServerResponse(stream));
    });
  };
}

/** Whether a request is to be answered by the listener. Otherwise it is refused here. */
function isServed(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): boolean {
  const expected = headers.expect?.toLowerCase();
  const isConnect = headers[':method'] === 'CONNECT';
  if (isConnect || (expected !== undefined && expected !== CONTINUE)) {
    stream.respond({ ':status': isConnect ? 405 : 417 }, { endStream: true });
    return false;
  }
  if (expected === CONTINUE) stream.additionalHeaders({ ':status': 100 });
  return true;
}
