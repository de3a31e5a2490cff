import { Readable } from 'node:stream';
import type { OutgoingHttpHeaders } from 'node:http';
import type { ApiError } from '../errors/api-error.js';
import { contained } from '../port/contained.js';
import type { RequestHeaders } from '../ports/ports.js';
import type { Exchange, SentAnswer, Trailers } from '../server/exchange.js';
import { frame, trailerFrame, unframe } from './grpc-frame.js';
import { errorTrailers, OK_TRAILERS } from './grpc-status.js';
import { wantedForm, WEB, WEB_TEXT, type WebForm } from './grpc-web-form.js';
import { typed, type MessageForm, type Wire } from './wire.js';

/** An answer of several messages. */
export interface GrpcStream {
  readonly say: (message: Uint8Array) => void;
  /** Ends it: as a success, unless there is an error. */
  readonly end: (error?: ApiError) => void;
  /** Tells when it has ended, be it that nobody is there any more. */
  readonly onClosed: (listener: () => void) => void;
}

/** How gRPC-Web's frames stand in the bodies of a request and of its answer. */
interface WebForms {
  readonly asked: WebForm;
  readonly sent: WebForm;
}

const NOTHING = new Uint8Array(0);
const OK_FRAME = trailerFrame(OK_TRAILERS);

/** gRPC, whose status is in trailers, and gRPC-Web, whose status is the last frame of the body, for clients that see no others. */
export interface GrpcWire extends Wire {
  /** Begins an answer of several messages. The access log is told when it is over. */
  readonly open: (exchange: Exchange) => GrpcStream;
}

const HEADERS = { packing: 'grpc-encoding', accepted: 'grpc-accept-encoding', timeout: 'grpc-timeout' } as const;

/** The wire whose answers are of a type. */
function wireOf(form: MessageForm, type: string, web?: WebForms): GrpcWire {
  return {
    protocol: web === undefined ? 'grpc' : 'grpc-web',
    form,
    headers: HEADERS,
    async message(exchange, packing) {
      return unframe(await (web?.asked.read(exchange) ?? exchange.body()), { packing, maxBytes: exchange.maxBytes });
    },
    succeed(headers, message, packing) {
      if (packing !== undefined) headers['grpc-encoding'] = packing.name;
      return whole(typed(headers, type), frame(message, packing), { trailers: OK_TRAILERS, web });
    },
    fail: (headers, error) => whole(typed(headers, type), NOTHING, { trailers: errorTrailers(error), web }),
    open: (exchange) => opened(exchange, type, web),
  };
}

/** How an answer ends: by its trailers, which stand in the body where there are forms of gRPC-Web. */
interface Ending {
  readonly trailers: Trailers;
  readonly web: WebForms | undefined;
}

// Node's responses never end with their headers, and grpc-js takes a status from the headers only if they do.
function whole(headers: OutgoingHttpHeaders, frames: Uint8Array, { trailers, web }: Ending): SentAnswer {
  if (web === undefined) return { status: 200, headers, body: frames, trailers };
  const last = trailers === OK_TRAILERS ? OK_FRAME : trailerFrame(trailers);
  const body = web.sent.encode(Buffer.concat([frames, last]));
  headers['content-length'] = body.length;
  return { status: 200, headers, body };
}

function opened(exchange: Exchange, type: string, web: WebForms | undefined): GrpcStream {
  const body = new Readable({ read: () => undefined });
  const behind: Record<string, string> = {};
  let refusal: ApiError | undefined;
  let isOver = false;
  const write = (frames: Uint8Array): void => {
    if (!isOver && !body.destroyed) body.push(web?.sent.encode(frames) ?? frames);
  };
  const logged = (): void => exchange.answered(web === undefined ? 'grpc' : 'grpc-web', 200, refusal);
  body.once('close', () => contained(exchange, logged));
  exchange.begin({ status: 200, headers: typed(exchange.answerHeaders(), type), body, trailers: behind });
  return {
    say: (message) => write(frame(message)),
    end: (error) => {
      if (isOver) return;
      refusal = error;
      const trailers = error === undefined ? OK_TRAILERS : errorTrailers(error);
      if (web === undefined) Object.assign(behind, trailers);
      else write(trailerFrame(trailers));
      isOver = true;
      body.push(null);
    },
    onClosed: (listener) => body.once('close', listener),
  };
}

const TYPE = /^application\/grpc(-web(?:-text)?)?(?:\+(proto|json))?\s*(?:;|$)/i;

/** The wire of a call over gRPC or gRPC-Web, by its type; `undefined` for every other type. */
export function grpcWire(headers: RequestHeaders, type: string): GrpcWire | undefined {
  const [isGrpc, web, named] = TYPE.exec(type) ?? [];
  if (isGrpc === undefined) return undefined;
  const form = named?.toLowerCase() === 'json' ? 'json' : 'proto';
  if (web === undefined) return wireOf(form, type);
  const asked = web.toLowerCase() === '-web' ? WEB : WEB_TEXT;
  if (asked === WEB_TEXT && form === 'json') return undefined;
  const sent = wantedForm(headers.get('accept')) ?? asked;
  // A client is answered in the type it asked in, unless that is of another form.
  return wireOf(form, asked === WEB && sent === WEB ? type : sent.type, { asked, sent });
}
