import type { OutgoingHttpHeaders } from 'node:http';
import type { ApiError } from '../errors/api-error.js';
import { contained } from '../port/contained.js';
import type { RequestHeaders } from '../ports/ports.js';
import type { WholeAnswer } from '../server/channel.js';
import type { Exchange, Protocol } from '../server/exchange.js';
import { frame, trailerFrame, unframe } from './grpc-frame.js';
import { errorTrailers, OK_TRAILERS } from './grpc-status.js';
import { wantedForm, WEB, WEB_TEXT, type WebForm } from './grpc-web-form.js';
import { typed, type MessageForm, type Wire } from './wire.js';

/** A wire of gRPC: with trailers of HTTP, or all in the body. */
export interface GrpcWire extends Wire {
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

/** Where gRPC has its trailers: behind the body, or as the last frame of it, for clients that see no others. */
interface Trailing {
  readonly protocol: Protocol;
  readonly read: WebForm['read'];
  /** The type of answers, where it is not that of the request. */
  readonly type?: string | undefined;
  readonly encode: WebForm['encode'];
  readonly whole: (headers: OutgoingHttpHeaders, frames: Uint8Array, trailers: Trailers) => WholeAnswer;
  readonly last: (trailers: Trailers) => Pick<WholeAnswer, 'body' | 'trailers'>;
}

type Trailers = Readonly<Record<string, string>>;

/** gRPC: the status is in the trailers. */
const BEHIND: Trailing = {
  protocol: 'grpc',
  read: (exchange) => exchange.body(),
  encode: (frames) => frames,
  // Node's responses never end with their headers, and grpc-js takes a status from the headers only if they do.
  whole: (headers, body, trailers) => ({ status: 200, headers, body, trailers }),
  last: (trailers) => ({ trailers }),
};

/** gRPC-Web: the status is the last frame of the body. A client is answered in the type it asked in, unless that is another form. */
function within(asked: WebForm, { encode, type }: WebForm): Trailing {
  const last = (trailers: Trailers): Uint8Array => (trailers === OK_TRAILERS ? OK_FRAME : trailerFrame(trailers));
  return {
    protocol: 'grpc-web',
    read: asked.read,
    type: asked === WEB && type === WEB.type ? undefined : type,
    encode,
    whole(headers, frames, trailers) {
      const body = encode(Buffer.concat([frames, last(trailers)]));
      return { status: 200, headers: { ...headers, 'content-length': body.length }, body };
    },
    last: (trailers) => ({ body: encode(last(trailers)) }),
  };
}

function wire(form: MessageForm, { encode, last, protocol, read, type, whole }: Trailing): GrpcWire {
  const as = (exchange: Exchange, answer: OutgoingHttpHeaders): OutgoingHttpHeaders =>
    typed(answer, type ?? exchange.get('content-type') ?? 'application/grpc');
  return {
    form,
    protocol,
    headers: { packing: 'grpc-encoding', accepted: 'grpc-accept-encoding', timeout: 'grpc-timeout' },
    message: async (exchange, packing, maxBytes = exchange.maxBytes) =>
      unframe(await read(exchange), { packing, maxBytes }),
    succeed(exchange, answer, message) {
      const headers = as(exchange, exchange.answerHeaders(answer));
      if (message.packing !== undefined) headers['grpc-encoding'] = message.packing;
      return whole(headers, frame(message), OK_TRAILERS);
    },
    fail: (exchange, error) =>
      whole(as(exchange, { ...exchange.answerHeaders(), ...error.headers }), NOTHING, errorTrailers(error)),
    open(exchange, onEnding) {
      const answer = exchange.channel.open(as(exchange, exchange.answerHeaders()), onEnding);
      if (answer === undefined) return undefined;
      const conclude = concluded(exchange, protocol);
      return {
        say: (bytes) => answer.write(encode(frame({ bytes, packing: undefined }))),
        end: (error) => answer.end(last(conclude(error))),
      };
    },
  };
}

function wires(trailing: Trailing): Readonly<Record<MessageForm, GrpcWire>> {
  return { proto: wire('proto', trailing), json: wire('json', trailing) };
}

const GRPC = wires(BEHIND);
const GRPC_WEB = wires(within(WEB, WEB));
const BINARY_THEN_TEXT = wires(within(WEB, WEB_TEXT));
const TEXT = wire('proto', within(WEB_TEXT, WEB_TEXT));
const TEXT_THEN_BINARY = wire('proto', within(WEB_TEXT, WEB));

const TYPE = /^application\/grpc(-web(?:-text)?)?(?:\+(proto|json))?\s*(?:;|$)/i;

/** The wire of a call over gRPC or gRPC-Web, by its type; `undefined` for every other type. */
export function grpcWire(headers: RequestHeaders, type: string): GrpcWire | undefined {
  const [isGrpc, web_, named] = TYPE.exec(type) ?? [];
  if (isGrpc === undefined) return undefined;
  const form = named?.toLowerCase() === 'json' ? 'json' : 'proto';
  if (web_ === undefined) return GRPC[form];
  const wanted = wantedForm(headers.get('accept'));
  if (web_.toLowerCase() === '-web') return (wanted === WEB_TEXT ? BINARY_THEN_TEXT : GRPC_WEB)[form];
  if (form === 'json') return undefined;
  return wanted === WEB ? TEXT_THEN_BINARY : TEXT;
}

/** Gives the trailers an answer of several messages ends with; the access log is told when it is over, be it cut off. */
function concluded(exchange: Exchange, protocol: Protocol): (error?: ApiError) => Trailers {
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
