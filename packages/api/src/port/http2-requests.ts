import { Http2ServerRequest, Http2ServerResponse, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { destroyOnError, isOver } from './destroy-on-error.js';
import type { OnRequest } from './servers.js';

const CONTINUE = '100-continue';

/**
 * Makes a listener for HTTP/2 streams that calls `onRequest` with Node's request and response objects.
 *
 * Node's own listener is not used, because it sends "continue" unconditionally, and throws when the client has already
 * aborted.
 */
export function streamListener(
  onRequest: OnRequest,
): (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void {
  return (stream, headers) => {
    // An abort is reported by 'close'. Without a listener, the error would end the process.
    stream.on('error', () => undefined);
    // Node also emits streams that the client has already aborted; using one throws.
    if (isOver(stream)) return;
    destroyOnError(stream, () => handleStream(stream, headers, onRequest));
  };
}

function handleStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, onRequest: OnRequest): void {
  const expected = headers.expect?.toLowerCase();
  if (headers[':method'] === 'CONNECT') stream.respond({ ':status': 405 }, { endStream: true });
  else if (expected !== undefined && expected !== CONTINUE) stream.respond({ ':status': 417 }, { endStream: true });
  else {
    if (expected === CONTINUE) stream.additionalHeaders({ ':status': 100 });
    const raw = Object.entries(headers).flatMap(([name, value]) => [name, String(value)]);
    onRequest(new Http2ServerRequest(stream, headers, {}, raw), new Http2ServerResponse(stream));
  }
}
