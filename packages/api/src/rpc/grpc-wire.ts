import { Readable } from 'node:stream';
import type { OutgoingHttpHeaders } from 'node:http';
import type { ApiError } from '../errors/api-error.js';
import { contained } from '../port/contained.js';
import type { RequestHeaders } from '../ports/ports.js';
import type { Exchange, Protocol, SentAnswer, Trailers } from '../server/exchange.js';
import { frame, trailerFrame, unframe } from './grpc-frame.js';
import { errorTrailers, OK_TRAILERS } from './grpc-status.js';
import { wantedForm, WEB, WEB_TEXT, type WebForm } from './grpc-web-form.js';
import type { Packing } from './packing.js';
import { typed, type MessageForm, type SentMessage, type Wire } from './wire.js';

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
export class GrpcWire implements Wire {
  readonly protocol: Protocol;
  readonly form: MessageForm;
  readonly headers = { packing: 'grpc-encoding', accepted: 'grpc-accept-encoding', timeout: 'grpc-timeout' } as const;
  /** The type of answers. */
  readonly #type: string;
  readonly #web: WebForms | undefined;

  constructor(form: MessageForm, type: string, web?: WebForms) {
    this.protocol = web === undefined ? 'grpc' : 'grpc-web';
    this.form = form;
    this.#type = type;
    this.#web = web;
  }

  async message(
    exchange: Exchange,
    packing: Packing | undefined,
    maxBytes: number = exchange.maxBytes,
  ): Promise<Uint8Array> {
    return unframe(await (this.#web?.asked.read(exchange) ?? exchange.body()), { packing, maxBytes });
  }

  succeed(headers: OutgoingHttpHeaders, message: SentMessage): SentAnswer {
    if (message.packing !== undefined) headers['grpc-encoding'] = message.packing;
    return this.#whole(headers, frame(message), OK_TRAILERS);
  }

  fail(headers: OutgoingHttpHeaders, error: ApiError): SentAnswer {
    return this.#whole(headers, NOTHING, errorTrailers(error));
  }

  /** Begins an answer of several messages. The access log is told when it is over. */
  open(exchange: Exchange): GrpcStream {
    const body = new Readable({ read: () => undefined });
    const behind: Record<string, string> = {};
    let refusal: ApiError | undefined;
    let isOver = false;
    const write = (frames: Uint8Array): void => {
      if (!isOver && !body.destroyed) body.push(this.#web?.sent.encode(frames) ?? frames);
    };
    const logged = (): void => exchange.answered(this.protocol, 200, refusal);
    body.once('close', () => contained(exchange, logged));
    exchange.begin({ status: 200, headers: typed(exchange.answerHeaders(), this.#type), body, trailers: behind });
    return {
      say: (bytes) => write(frame({ bytes, packing: undefined })),
      end: (error) => {
        if (isOver) return;
        refusal = error;
        const trailers = error === undefined ? OK_TRAILERS : errorTrailers(error);
        if (this.#web === undefined) Object.assign(behind, trailers);
        else write(trailerFrame(trailers));
        isOver = true;
        body.push(null);
      },
      onClosed: (listener) => body.once('close', listener),
    };
  }

  // Node's responses never end with their headers, and grpc-js takes a status from the headers only if they do.
  #whole(headers: OutgoingHttpHeaders, frames: Uint8Array, trailers: Trailers): SentAnswer {
    if (this.#web === undefined) return { status: 200, headers: typed(headers, this.#type), body: frames, trailers };
    const last = trailers === OK_TRAILERS ? OK_FRAME : trailerFrame(trailers);
    const body = this.#web.sent.encode(Buffer.concat([frames, last]));
    return { status: 200, headers: typed(headers, this.#type, body.length), body };
  }
}

const TYPE = /^application\/grpc(-web(?:-text)?)?(?:\+(proto|json))?\s*(?:;|$)/i;

/** The wire of a call over gRPC or gRPC-Web, by its type; `undefined` for every other type. */
export function grpcWire(headers: RequestHeaders, type: string): GrpcWire | undefined {
  const [isGrpc, web, named] = TYPE.exec(type) ?? [];
  if (isGrpc === undefined) return undefined;
  const form = named?.toLowerCase() === 'json' ? 'json' : 'proto';
  if (web === undefined) return new GrpcWire(form, type);
  const asked = web.toLowerCase() === '-web' ? WEB : WEB_TEXT;
  if (asked === WEB_TEXT && form === 'json') return undefined;
  const sent = wantedForm(headers.get('accept')) ?? asked;
  // A client is answered in the type it asked in, unless that is of another form.
  return new GrpcWire(form, asked === WEB && sent === WEB ? type : sent.type, { asked, sent });
}
