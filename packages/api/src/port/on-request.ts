import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** A request as Node's servers of HTTP/1.1 and HTTP/2 hand it out. */
export type NodeRequest = IncomingMessage | Http2ServerRequest;

/** A response as Node's servers of HTTP/1.1 and HTTP/2 hand it out. */
export type NodeResponse = ServerResponse | Http2ServerResponse;

/** Handles a request. An error aborts that request and never reaches the process. */
export type OnRequest = (request: NodeRequest, response: NodeResponse) => void;
