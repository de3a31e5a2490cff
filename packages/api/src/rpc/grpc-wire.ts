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
const OK_FRAME = trailerFrame(OK_TRAILERS);

/** gRPC: the status is in the trailers of HTTP/2. */
const GRPC: GrpcWire = {
  succeed(exchange, answer, message) {
    const headers = typed(exchange, exchange.answerHeaders(answer));
    exchange.sendWithTrailers({ headers, body: frame(message), trailers: OK_TRAILERS });
    exchange.answered('grpc', 200, undefined);
  },
  fail(exchange, error) {
    const headers = typed(exchange, { ...exchange.answerHeaders(), ...error.headers });
    // Node's responses never end with their headers, and grpc-js takes a status from the headers only if they do.
    exchange.sendWithTrailers({ headers, body: NOTHING, trailers: errorTrailers(error) });
    exchange.answered('grpc', 200, error);
  },
};

/** gRPC-Web: the status is the last frame of the body. */
const GRPC_WEB: GrpcWire = {
  succeed(exchange, answer, message) {
    const body = Buffer.concat([frame(message), OK_FRAME]);
    const headers = sized(typed(exchange, exchange.answerHeaders(answer)), body);
    exchange.send({ status: 200, headers, body });
    exchange.answered('grpc-web', 200, undefined);
  },
  fail(exchange, error) {
    const body = trailerFrame(errorTrailers(error));
    const headers = sized(typed(exchange, { ...exchange.answerHeaders(), ...error.headers }), body);
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

function typed({ headers: asked }: Exchange, answer: OutgoingHttpHeaders): OutgoingHttpHeaders {
  const headers = answer;
  headers['content-type'] = asked.get('content-type') ?? 'application/grpc';
  return headers;
}

function sized(answer: OutgoingHttpHeaders, body: Uint8Array): OutgoingHttpHeaders {
  const headers = answer;
  headers['content-length'] = body.length;
  return headers;
}
