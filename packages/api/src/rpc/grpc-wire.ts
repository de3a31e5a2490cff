import type { OutgoingHttpHeaders } from 'node:http';
import type { ApiError } from '../errors/api-error.js';
import { contained } from '../port/contained.js';
import type { WholeAnswer } from '../server/channel.js';
import type { Exchange, Protocol } from '../server/exchange.js';
import { deadlineOf } from './deadline.js';
import { frame, trailerFrame, unframe } from './grpc-frame.js';
import { errorTrailers, OK_TRAILERS } from './grpc-status.js';
import { wantedForm, WEB, WEB_TEXT, type WebForm } from './grpc-web-form.js';
import type { MessageForm } from './message-form.js';
import { typed, type Wire } from './wire.js';

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

/** What all wires of gRPC have in common, by where the frames of a request are read from. */
function incoming(
  form: MessageForm,
  read: WebForm['read'],
): Pick<GrpcWire, 'form' | 'headers' | 'deadline' | 'message'> {
  return {
    form,
    headers: { packing: 'grpc-encoding', accepted: 'grpc-accept-encoding' },
    deadline: (headers) => deadlineOf(headers.get('grpc-timeout')),
    message: async (exchange, packing, maxBytes = exchange.maxBytes) =>
      unframe(await read(exchange), { packing, maxBytes }),
  };
}

/** gRPC: the status is in the trailers. */
function grpc(form: MessageForm): GrpcWire {
  return {
    protocol: 'grpc',
    ...incoming(form, (exchange) => exchange.body()),
    succeed(exchange, answer, message) {
      const headers = packed(as(exchange, exchange.answerHeaders(answer)), message.packing);
      return { status: 200, headers, body: frame(message), trailers: OK_TRAILERS };
    },
    fail(exchange, error) {
      const headers = as(exchange, { ...exchange.answerHeaders(), ...error.headers });
      // Node's responses never end with their headers, and grpc-js takes a status from the headers only if they do.
      return { status: 200, headers, body: NOTHING, trailers: errorTrailers(error) };
    },
    open(exchange, onEnding) {
      const answer = exchange.open(as(exchange, exchange.answerHeaders()), onEnding);
      if (answer === undefined) return undefined;
      const conclude = concluded(exchange, 'grpc');
      return {
        say: (bytes) => answer.write(frame({ bytes, packing: undefined })),
        end: (error) => answer.end({ trailers: conclude(error) }),
      };
    },
  };
}

/** gRPC-Web: the status is the last frame of the body. */
function web(form: MessageForm, [asked, answered]: readonly [WebForm, WebForm]): GrpcWire {
  const { encode } = answered;
  // A client is answered in the type it asked in, unless that is another form.
  const type = asked === answered && answered === WEB ? undefined : answered.type;
  const whole = (exchange: Exchange, headers: OutgoingHttpHeaders, body: Uint8Array): WholeAnswer => ({
    status: 200,
    headers: as(exchange, headers, { type, length: body.length }),
    body,
  });
  return {
    protocol: 'grpc-web',
    ...incoming(form, asked.read),
    succeed(exchange, answer, message) {
      const headers = packed(exchange.answerHeaders(answer), message.packing);
      return whole(exchange, headers, encode(Buffer.concat([frame(message), OK_FRAME])));
    },
    fail(exchange, error) {
      const headers = { ...exchange.answerHeaders(), ...error.headers };
      return whole(exchange, headers, encode(trailerFrame(errorTrailers(error))));
    },
    open(exchange, onEnding) {
      const answer = exchange.open(as(exchange, exchange.answerHeaders(), { type }), onEnding);
      if (answer === undefined) return undefined;
      const conclude = concluded(exchange, 'grpc-web');
      return {
        say: (bytes) => answer.write(encode(frame({ bytes, packing: undefined }))),
        end: (error) => answer.end({ body: encode(trailerFrame(conclude(error))) }),
      };
    },
  };
}

const GRPC = { proto: grpc('proto'), json: grpc('json') };
const GRPC_WEB = { proto: web('proto', [WEB, WEB]), json: web('json', [WEB, WEB]) };
const BINARY_THEN_TEXT = { proto: web('proto', [WEB, WEB_TEXT]), json: web('json', [WEB, WEB_TEXT]) };
const TEXT = web('proto', [WEB_TEXT, WEB_TEXT]);
const TEXT_THEN_BINARY = web('proto', [WEB_TEXT, WEB]);

const TYPE = /^application\/grpc(-web(?:-text)?)?(?:\+(proto|json))?\s*(?:;|$)/i;

/** The wire of a call over gRPC or gRPC-Web, by its type; `undefined` for every other type. */
export function grpcWire({ headers }: Exchange, type: string): GrpcWire | undefined {
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

function as(
  { headers: asked }: Exchange,
  answer: OutgoingHttpHeaders,
  { length, type }: { readonly type?: string | undefined; readonly length?: number } = {},
): OutgoingHttpHeaders {
  return typed(answer, type ?? asked.get('content-type') ?? 'application/grpc', length);
}

function packed(answer: OutgoingHttpHeaders, packing: string | undefined): OutgoingHttpHeaders {
  const headers = answer;
  if (packing !== undefined) headers['grpc-encoding'] = packing;
  return headers;
}
