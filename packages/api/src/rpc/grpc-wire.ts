import { Readable } from 'node:stream';
import type { OutgoingHttpHeaders } from 'node:http';
import type { ApiError } from '../errors/api-error.js';
import { destroyOnError } from '../port/destroy-on-error.js';
import type { RequestHeaders } from '../ports/ports.js';
import type { Exchange, SentAnswer, Trailers } from '../server/exchange.js';
import { frame, trailerFrame, unframe } from './grpc-frame.js';
import { errorTrailers, OK_TRAILERS } from './grpc-status.js';
import { wantedForm, WEB, WEB_TEXT, type WebForm } from './grpc-web-form.js';
import { withContentType, type MessageForm, type Wire } from './wire.js';

/** A streaming answer. */
export interface GrpcStream {
  readonly send: (message: Uint8Array) => void;
  /** Ends the stream: with success, unless there is an error. */
  readonly end: (error?: ApiError) => void;
  /** Calls the listener when the stream has ended, also because the client left. */
  readonly onClosed: (listener: () => void) => void;
}

/** How gRPC-Web's frames are in the bodies of a request and its answer. */
interface WebForms {
  readonly request: WebForm;
  readonly answer: WebForm;
}

const NOTHING = new Uint8Array(0);
const OK_FRAME = trailerFrame(OK_TRAILERS);

/**
 * gRPC, with the status in trailers, and gRPC-Web, with the status in the last frame of the body for clients that can't
 * read trailers.
 */
export interface GrpcWire extends Wire {
  /** Begins a streaming answer. The access log is written when it is over. */
  readonly open: (exchange: Exchange) => GrpcStream;
}

const HEADERS = { compression: 'grpc-encoding', accepted: 'grpc-accept-encoding', timeout: 'grpc-timeout' } as const;

/** The wire for answers of a content type. */
function wireOf(form: MessageForm, type: string, web?: WebForms): GrpcWire {
  return {
    protocol: web === undefined ? 'grpc' : 'grpc-web',
    form,
    headers: HEADERS,
    async readMessage(exchange, compression) {
      return unframe(await (web?.request.read(exchange) ?? exchange.body()), {
        compression,
        maxBytes: exchange.maxBytes,
      });
    },
    succeed(headers, message, compression) {
      if (compression !== undefined) headers['grpc-encoding'] = compression.name;
      return wholeAnswer(withContentType(headers, type), frame(message, compression), { trailers: OK_TRAILERS, web });
    },
    fail: (headers, error) =>
      wholeAnswer(withContentType(headers, type), NOTHING, { trailers: errorTrailers(error), web }),
    open: (exchange) => openStream(exchange, type, web),
  };
}

/** How an answer ends: with trailers, which are in the body for gRPC-Web. */
interface AnswerEnd {
  readonly trailers: Trailers;
  readonly web: WebForms | undefined;
}

// Node's responses never end with their headers, and grpc-js reads a status from headers only then.
function wholeAnswer(headers: OutgoingHttpHeaders, frames: Uint8Array, { trailers, web }: AnswerEnd): SentAnswer {
  if (web === undefined) return { status: 200, headers, body: frames, trailers };
  const last = trailers === OK_TRAILERS ? OK_FRAME : trailerFrame(trailers);
  const body = web.answer.encode(Buffer.concat([frames, last]));
  headers['content-length'] = body.length;
  return { status: 200, headers, body };
}

function openStream(exchange: Exchange, type: string, web: WebForms | undefined): GrpcStream {
  const body = new Readable({ read: () => undefined });
  const lateTrailers: Record<string, string> = {};
  let refusal: ApiError | undefined;
  let isOver = false;
  const write = (frames: Uint8Array): void => {
    if (!isOver && !body.destroyed) body.push(web?.answer.encode(frames) ?? frames);
  };
  const logOnce = (): void => exchange.logAnswer(web === undefined ? 'grpc' : 'grpc-web', 200, refusal);
  body.once('close', () => destroyOnError(exchange, logOnce));
  exchange.beginAnswer({
    status: 200,
    headers: withContentType(exchange.answerHeaders(), type),
    body,
    trailers: lateTrailers,
  });
  return {
    send: (message) => write(frame(message)),
    end: (error) => {
      if (isOver) return;
      refusal = error;
      const trailers = error === undefined ? OK_TRAILERS : errorTrailers(error);
      if (web === undefined) Object.assign(lateTrailers, trailers);
      else write(trailerFrame(trailers));
      isOver = true;
      body.push(null);
    },
    onClosed: (listener) => body.once('close', listener),
  };
}

const TYPE = /^application\/grpc(-web(?:-text)?)?(?:\+(proto|json))?\s*(?:;|$)/i;

/** The wire of a gRPC or gRPC-Web call, by its content type; `undefined` for any other type. */
export function grpcWire(headers: RequestHeaders, type: string): GrpcWire | undefined {
  const [isGrpc, web, named] = TYPE.exec(type) ?? [];
  if (isGrpc === undefined) return undefined;
  const form = named?.toLowerCase() === 'json' ? 'json' : 'proto';
  if (web === undefined) return wireOf(form, type);
  const request = web.toLowerCase() === '-web' ? WEB : WEB_TEXT;
  if (request === WEB_TEXT && form === 'json') return undefined;
  const answer = wantedForm(headers.get('accept')) ?? request;
  // The answer has the request's content type, unless the client wants another form.
  return wireOf(form, request === WEB && answer === WEB ? type : answer.type, { request, answer });
}
