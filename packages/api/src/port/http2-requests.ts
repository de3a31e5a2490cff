import { Http2ServerRequest, Http2ServerResponse, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { contained, isOver } from './contained.js';
import type { OnRequest } from './servers.js';

const CONTINUE = '100-continue';

/**
 * Takes streams as the requests and responses that Node makes of them, for who answers both versions of HTTP alike.
 *
 * They are made here: Node's own listener says "go on" without a look, and throws where the client has broken off by then.
 */
export function asRequests(onRequest: OnRequest): (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void {
  return (stream, headers) => {
    // A client that breaks off is told of by 'close'; without a listener its error would end the process.
    stream.on('error', () => undefined);
    // Node tells of a stream that its client has broken off by then, too: with it nothing can be done that does not throw.
    if (isOver(stream)) return;
    contained(stream, () => asRequest(stream, headers, onRequest));
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
