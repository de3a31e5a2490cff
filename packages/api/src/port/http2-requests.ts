import { Http2ServerRequest, Http2ServerResponse, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { destroyOnError, isOver } from './destroy-on-error.js';
import type { OnRequest } from './servers.js';

const CONTINUE = '100-continue';

/**
 * Passes streams on as Node's request and response objects, for handlers of both HTTP versions.
 *
 * They are created here, because Node's own listener sends "continue" unconditionally, and throws when the client has
 * already aborted.
 */
export function asRequests(onRequest: OnRequest): (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void {
  return (stream, headers) => {
    // An abort is reported by 'close'. Without a listener, the error would end the process.
    stream.on('error', () => undefined);
    // Node also emits streams that the client has already aborted; using one throws.
    if (isOver(stream)) return;
    destroyOnError(stream, () => asRequest(stream, headers, onRequest));
  };
}

function asRequest(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, onRequest: OnRequest): void {
  const expected = headers.expect?.toLowerCase();
  if (headers[':method'] === 'CONNECT') stream.respond({ ':status': 405 }, { endStream: true });
  else if (expected !== undefined && expected !== CONTINUE) stream.respond({ ':status': 417 }, { endStream: true });
  else {
    if (expected === CONTINUE) stream.additionalHeaders({ ':status': 100 });
    const raw = Object.entries(headers).flatMap(([name, value]) => [name, String(value)]);
    onRequest(new Http2ServerRequest(stream, headers, {}, raw), new Http2ServerResponse(stream));
  }
}
