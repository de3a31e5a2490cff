import { Http2ServerRequest, Http2ServerResponse, type ServerHttp2Stream } from 'node:http2';
import type { OnStream } from './protocol-servers.js';

const CONTINUE = '100-continue';

/** Whether a stream is closed, be it by its client: Node ends what is read of one that is reset without an error. */
export function isOver({ closed, destroyed }: Pick<ServerHttp2Stream, 'closed' | 'destroyed'>): boolean {
  return closed || destroyed;
}

/** Says to a client who waits for it that it may go on. */
export function sayGoOn(stream: ServerHttp2Stream, expected: string | undefined): void {
  if (expected?.toLowerCase() === CONTINUE) stream.additionalHeaders({ ':status': 100 });
}

/**
 * Takes streams as the requests and responses that Node makes of them, for who answers both versions of HTTP alike.
 *
 * They are made here: Node's own listener says "go on" without a look, and throws where the client has broken off by then.
 */
export function asRequests(onRequest: (request: Http2ServerRequest, response: Http2ServerResponse) => void): OnStream {
  return (stream, headers) => {
    const expected = headers.expect;
    if (headers[':method'] === 'CONNECT') stream.respond({ ':status': 405 }, { endStream: true });
    else if (expected !== undefined && expected.toLowerCase() !== CONTINUE) {
      stream.respond({ ':status': 417 }, { endStream: true });
    } else {
      sayGoOn(stream, expected);
      const raw = Object.entries(headers).flatMap(([name, value]) => [name, String(value)]);
      onRequest(new Http2ServerRequest(stream, headers, {}, raw), new Http2ServerResponse(stream));
    }
  };
}
