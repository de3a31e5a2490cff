import type { OutgoingHttpHeaders } from 'node:http';
import type { Answer } from '../calls/call-context.js';
import { requestIdOf, type Incoming } from '../calls/conditions.js';
import type { ApiError } from '../errors/api-error.js';
import { fromThrown } from '../errors/status.js';
import type { RequestHeaders } from '../ports/ports.js';
import type { Cors } from './cors.js';
import { headersOf, send, sendWithTrailers, type NodeRequest, type NodeResponse } from './node-http.js';
import { readBody, type BodyLimits } from './read-body.js';

/** What was asked and how it was answered, for an access log. */
export interface AccessEntry {
  readonly requestId: string;
  readonly protocol: Protocol;
  readonly verb: string;
  readonly path: string;
  readonly httpStatus: number;
  /** The id of the refusal; `undefined` for a success. */
  readonly refusal: string | undefined;
  readonly durationMs: number;
}

/** How a request came in. */
export type Protocol = 'rest' | 'grpc' | 'grpc-web' | 'connect';

/** Who is told of what happens. What a hook throws is its own affair: it must not. */
export interface Hooks {
  /** After each answer. */
  readonly onAnswered?: (entry: AccessEntry) => void;
  /** For each answer that hides a fault or a defect behind an error of 500 or 503: the cause, for the operator. */
  readonly onFailure?: (cause: unknown, requestId: string) => void;
}

/** What an exchange needs besides the request and the response. */
export interface ExchangeSettings {
  readonly limits: BodyLimits;
  readonly hooks: Hooks;
  readonly cors: Cors;
}

/** One request and its one answer, whatever the protocol. */
export class Exchange {
  readonly request: NodeRequest;
  readonly response: NodeResponse;
  readonly headers: RequestHeaders;
  readonly path: string;
  readonly query: string;
  readonly verb: string;
  readonly requestId: string;
  readonly isHttp2: boolean;
  readonly #settings: ExchangeSettings;
  readonly #startedAt = performance.now();

  constructor(request: NodeRequest, response: NodeResponse, settings: ExchangeSettings) {
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    this.request = request;
    this.response = response;
    this.headers = headersOf(request);
    this.path = mark === -1 ? url : url.slice(0, mark);
    this.query = mark === -1 ? '' : url.slice(mark + 1);
    this.verb = request.method ?? 'GET';
    this.requestId = requestIdOf(this.headers);
    this.isHttp2 = request.httpVersionMajor >= 2;
    this.#settings = settings;
  }

  /** What the pipeline takes of it. */
  incoming(more: Pick<Incoming, 'signal' | 'asOf'> = {}): Incoming {
    return { headers: this.headers, requestId: this.requestId, ...more };
  }

  /** Reads the body to its end, within the limits. @throws ApiError */
  body(): Promise<Uint8Array> {
    return readBody(this.request, this.#settings.limits);
  }

  /** The error that whatever was thrown is answered with; the operator is told of what it hides. */
  failed(caught: unknown): ApiError {
    const error = fromThrown(caught);
    if (error.cause !== undefined) this.#settings.hooks.onFailure?.(error.cause, this.requestId);
    return error;
  }

  /** The headers that every answer of this request carries. */
  answerHeaders(answer: Omit<Answer<unknown>, 'message'> = {}): OutgoingHttpHeaders {
    return {
      ...this.#settings.cors.headers(this.headers),
      'x-request-id': this.requestId,
      ...(answer.tag !== undefined && { etag: answer.tag }),
      ...(answer.position !== undefined && { 'login-policy-position': answer.position }),
    };
  }

  /** Sends the whole answer, and tells the access log. */
  send(answer: {
    readonly status: number;
    readonly headers: OutgoingHttpHeaders;
    readonly body?: string | Uint8Array;
  }): void {
    send(this.response, { ...answer, headers: this.#fit(answer.headers) });
  }

  /** Sends the whole answer with the trailers behind it. */
  sendWithTrailers(headers: OutgoingHttpHeaders, body: Uint8Array, trailers: Readonly<Record<string, string>>): void {
    sendWithTrailers(this.response, { headers: this.#fit(headers), body, trailers });
  }

  /** Tells the access log. Once for each exchange. */
  answered(protocol: Protocol, httpStatus: number, refusal: ApiError | undefined): void {
    this.#settings.hooks.onAnswered?.({
      requestId: this.requestId,
      protocol,
      verb: this.verb,
      path: this.path,
      httpStatus,
      refusal: refusal?.id,
      durationMs: performance.now() - this.#startedAt,
    });
  }

  /** HTTP/2 has no header `connection`: there a stream is closed instead. */
  #fit(headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
    if (!this.isHttp2 || headers.connection === undefined) return headers;
    const { connection: _, ...others } = headers;
    return others;
  }
}
