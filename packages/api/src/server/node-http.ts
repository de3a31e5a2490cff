import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { constants, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { RequestHeaders } from '../ports/ports.js';

/** A request as Node's servers of HTTP/1.1 and HTTP/2 hand it out. */
export type NodeRequest = IncomingMessage | Http2ServerRequest;

/** A response as Node's servers of HTTP/1.1 and HTTP/2 hand it out. */
export type NodeResponse = ServerResponse | Http2ServerResponse;

/** The headers of a request of Node's. */
export function headersOf({ headers }: NodeRequest): RequestHeaders {
  return {
    get(name) {
      const value = headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
  };
}

/** What the two classes of responses have in common, in the one form their types don't say. */
interface Writable {
  writeHead(status: number, headers: OutgoingHttpHeaders): unknown;
  end(body?: string | Uint8Array): unknown;
}

interface WritableWithTrailers extends Writable {
  addTrailers(trailers: Readonly<Record<string, string>>): unknown;
}

/** Sends a whole answer. Nothing happens when the connection is gone, or an answer was begun before. */
export function send(
  response: NodeResponse,
  {
    status,
    headers,
    body,
  }: { readonly status: number; readonly headers: OutgoingHttpHeaders; readonly body?: string | Uint8Array },
): void {
  if (response.headersSent || response.destroyed) return;
  closeUnread(response);
  const writable: Writable = response;
  writable.writeHead(status, headers);
  if (body === undefined) writable.end();
  else writable.end(body);
}

/** Sends a whole answer with trailers: in HTTP/2 behind the body, in HTTP/1.1 in chunks. */
export function sendWithTrailers(
  response: NodeResponse,
  {
    headers,
    body,
    trailers,
  }: {
    readonly headers: OutgoingHttpHeaders;
    readonly body: Uint8Array;
    readonly trailers: Readonly<Record<string, string>>;
  },
): void {
  if (response.headersSent || response.destroyed) return;
  closeUnread(response);
  const isHttp2 = 'stream' in response;
  const writable: WritableWithTrailers = response;
  writable.writeHead(200, isHttp2 ? headers : { ...headers, trailer: Object.keys(trailers).join(', ') });
  writable.addTrailers(trailers);
  writable.end(body);
}

/** Over HTTP/2 a request that is answered before it was read to its end has to be closed, or it stays half open. */
function closeUnread(response: NodeResponse): void {
  if (!('stream' in response) || response.req.complete) return;
  const { stream } = response;
  stream.once('wantTrailers', () => setImmediate(() => stream.close(constants.NGHTTP2_NO_ERROR)));
}
