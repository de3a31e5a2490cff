import type { OutgoingHttpHeaders } from 'node:http';
import type { Answer } from '../calls/call-context.js';
import type { ApiError } from '../errors/api-error.js';
import { contained } from '../port/contained.js';
import type { Exchange, Protocol } from '../server/exchange.js';
import { frame, trailerFrame } from './grpc-frame.js';
import { errorTrailers, OK_TRAILERS } from './grpc-status.js';
import { isWebText, wantedForm, WEB, WEB_TEXT, type WebForm } from './grpc-web-form.js';

/** How a request comes in and its answer goes out: with trailers of HTTP/2, or all in the body. */
export interface GrpcWire {
  /** The frames of the request. @throws ApiError */
  readonly body: (exchange: Exchange) => Promise<Uint8Array>;
  readonly succeed: (exchange: Exchange, answer: Answer<unknown>, message: Uint8Array) => void;
  readonly fail: (exchange: Exchange, error: ApiError) => void;
  /** Begins an answer of several messages; `undefined` when nobody is there. `onEnding`: as `Channel` has it. */
  readonly open: (exchange: Exchange, onEnding: () => void) => GrpcStream | undefined;
}

/** An answer of several messages. */
export interface GrpcStream {
  readonly say: (message: Uint8Array) => void;
  /** Ends it: as a success, unless there is an error. */
  readonly end: (error?: ApiError) => void;
}

const NOTHING = new Uint8Array(0);
const OK_FRAME = trailerFrame(OK_TRAILERS);

/** gRPC: the status is in the trailers of HTTP/2. */
const GRPC: GrpcWire = {
  body: (exchange) => exchange.body(),
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
  open(exchange, onEnding) {
    const answer = exchange.open(typed(exchange, exchange.answerHeaders()), onEnding);
    if (answer === undefined) return undefined;
    const conclude = concluded(exchange, 'grpc');
    return {
      say: (message) => answer.write(frame(message)),
      end: (error) => answer.end({ trailers: conclude(error) }),
    };
  },
};

/** gRPC-Web: the status is the last frame of the body. */
function web(asked: WebForm, answered: WebForm): GrpcWire {
  const { encode } = answered;
  // A client is answered in the type it asked in, unless that is another form.
  const type = asked === answered && answered === WEB ? undefined : answered.type;
  const whole = (exchange: Exchange, headers: OutgoingHttpHeaders, body: Uint8Array): void =>
    exchange.send({ status: 200, headers: sized(typed(exchange, headers, type), body), body });
  return {
    body: asked.read,
    succeed(exchange, answer, message) {
      whole(exchange, exchange.answerHeaders(answer), encode(Buffer.concat([frame(message), OK_FRAME])));
      exchange.answered('grpc-web', 200, undefined);
    },
    fail(exchange, error) {
      const headers = { ...exchange.answerHeaders(), ...error.headers };
      whole(exchange, headers, encode(trailerFrame(errorTrailers(error))));
      exchange.answered('grpc-web', 200, error);
    },
    open(exchange, onEnding) {
      const answer = exchange.open(typed(exchange, exchange.answerHeaders(), type), onEnding);
      if (answer === undefined) return undefined;
      const conclude = concluded(exchange, 'grpc-web');
      return {
        say: (message) => answer.write(encode(frame(message))),
        end: (error) => answer.end({ body: encode(trailerFrame(conclude(error))) }),
      };
    },
  };
}

const GRPC_WEB = web(WEB, WEB);
const GRPC_WEB_TEXT = web(WEB_TEXT, WEB_TEXT);
const TEXT_THEN_BINARY = web(WEB_TEXT, WEB);
const BINARY_THEN_TEXT = web(WEB, WEB_TEXT);

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
  // There is no long way for text: connect-es does not know it.
  if (wire === undefined && isWebText(type))
    return wantedForm(headers.get('accept')) === WEB ? TEXT_THEN_BINARY : GRPC_WEB_TEXT;
  if (wire === undefined || (wire === GRPC && !isHttp2)) return undefined;
  const encoding = headers.get('grpc-encoding');
  if (encoding !== undefined && encoding !== 'identity') return undefined;
  return wire === GRPC_WEB && wantedForm(headers.get('accept')) === WEB_TEXT ? BINARY_THEN_TEXT : wire;
}

/** The wire that a call's own protocol has, whatever its messages are written in; `undefined` for what is no gRPC. */
export function anyWire({ headers }: Exchange): GrpcWire | undefined {
  const type = headers.get('content-type') ?? '';
  if (isWebText(type)) return GRPC_WEB_TEXT;
  if (/^application\/grpc-web(?:[+;]|$)/i.test(type)) return GRPC_WEB;
  return /^application\/grpc(?:[+;]|$)/i.test(type) ? GRPC : undefined;
}

/** Gives the trailers an answer of several messages ends with; the access log is told when it is over, be it cut off. */
function concluded(exchange: Exchange, protocol: Protocol): (error?: ApiError) => Readonly<Record<string, string>> {
  let refusal: ApiError | undefined;
  const { channel } = exchange;
  channel.onClosed(() => {
    contained(
      (defect) => channel.destroy(defect),
      () => exchange.answered(protocol, 200, refusal),
    );
  });
  return (error) => {
    refusal = error;
    return error === undefined ? OK_TRAILERS : errorTrailers(error);
  };
}

function typed({ headers: asked }: Exchange, answer: OutgoingHttpHeaders, type?: string): OutgoingHttpHeaders {
  const headers = answer;
  headers['content-type'] = type ?? asked.get('content-type') ?? 'application/grpc';
  return headers;
}

function sized(answer: OutgoingHttpHeaders, body: Uint8Array): OutgoingHttpHeaders {
  const headers = answer;
  headers['content-length'] = body.length;
  return headers;
}
