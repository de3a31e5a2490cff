import type { OutgoingHttpHeaders } from 'node:http';
import type { Answer } from '../calls/call-context.js';
import type { ApiError } from '../errors/api-error.js';
import type { Exchange } from '../server/exchange.js';
import { frame, trailerFrame } from './grpc-frame.js';
import { errorTrailers, OK_TRAILERS } from './grpc-status.js';

/** How an answer goes out: in trailers of HTTP/2, or in the body. */
export interface GrpcWire {
  readonly succeed: (exchange: Exchange, answer: Answer<unknown>, message: Uint8Array) => void;
  readonly fail: (exchange: Exchange, error: ApiError) => void;
}

const NOTHING = new Uint8Array(0);

/** gRPC: the status is in the trailers of HTTP/2. */
const GRPC: GrpcWire = {
  succeed(exchange, answer, message) {
    exchange.sendWithTrailers({ ...exchange.answerHeaders(answer), ...typed(exchange) }, frame(message), OK_TRAILERS);
    exchange.answered('grpc', 200, undefined);
  },
  fail(exchange, error) {
    const headers = { ...exchange.answerHeaders(), ...error.headers, ...typed(exchange) };
    // Node's responses never end with their headers, and grpc-js takes a status from the headers only if they do.
    exchange.sendWithTrailers(headers, NOTHING, errorTrailers(error));
    exchange.answered('grpc', 200, error);
  },
};

/** gRPC-Web: the status is the last frame of the body. */
const GRPC_WEB: GrpcWire = {
  succeed(exchange, answer, message) {
    const body = Buffer.concat([frame(message), trailerFrame(OK_TRAILERS)]);
    exchange.send({ status: 200, headers: { ...exchange.answerHeaders(answer), ...sized(exchange, body) }, body });
    exchange.answered('grpc-web', 200, undefined);
  },
  fail(exchange, error) {
    const body = trailerFrame(errorTrailers(error));
    const headers = { ...exchange.answerHeaders(), ...error.headers, ...sized(exchange, body) };
    exchange.send({ status: 200, headers, body });
    exchange.answered('grpc-web', 200, error);
  },
};

const WIRES: ReadonlyMap<string, GrpcWire> = new Map([
  ['application/grpc', GRPC],
  ['application/grpc+proto', GRPC],
  ['application/grpc-web', GRPC_WEB],
  ['application/grpc-web+proto', GRPC_WEB],
]);

/** The wire of a call that can go the short way; `undefined` for every other request. */
export function shortWire({ verb, headers, isHttp2 }: Exchange): GrpcWire | undefined {
  const type = headers.get('content-type');
  if (type === undefined || verb !== 'POST') return undefined;
  const wire = WIRES.get(type);
  if (wire === undefined || (wire === GRPC && !isHttp2)) return undefined;
  const encoding = headers.get('grpc-encoding');
  return encoding === undefined || encoding === 'identity' ? wire : undefined;
}

function typed({ headers }: Exchange): OutgoingHttpHeaders {
  return { 'content-type': headers.get('content-type') ?? 'application/grpc' };
}

function sized(exchange: Exchange, body: Uint8Array): OutgoingHttpHeaders {
  return { ...typed(exchange), 'content-length': body.length };
}
