import { isFault } from '@login-policy/event-sourcing';
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { PeerCertificate } from 'node:tls';
import type { Answer, RestText } from '../calls/call-context.js';
import { requestIdOf } from '../calls/conditions.js';
import type { IncomingRequest } from '../calls/pipeline.js';
import type { ApiError } from '../errors/api-error.js';
import { cutOff } from '../errors/refusals.js';
import { fromThrown, deadlinePassed } from '../errors/status.js';
import type { ApiRequest } from '../ports/ports.js';
import { asError } from '../port/destroy-on-error.js';
import { corsHeaders, isAllowedOrigin, type AllowedOrigins } from './cors.js';
import { readBody, type BodyLimits, type BodySource } from './read-body.js';
import { authorityOf, headerIn, targetOf } from './request-headers.js';

/** A request and its outcome, for an access log. */
export interface AccessEntry {
  readonly requestId: string;
  readonly protocol: Protocol;
  readonly verb: string;
  readonly path: string;
  /** `zitadel.admin.v1.AdminService/GetLoginPolicy`, in any protocol; `undefined` when it is not a method. */
  readonly method: string | undefined;
  /** The authenticated caller, even if they were refused; `undefined` when there was none or no need for one. */
  readonly callerId: string | undefined;
  readonly instanceId: string | undefined;
  readonly httpStatus: number;
  /** The gRPC status code, in any protocol: 0 for a success. */
  readonly code: number;
  /** The id of the refusal; `undefined` for a success. */
  readonly refusal: string | undefined;
  readonly durationMs: number;
}

/** The protocol of a request. */
export type Protocol = 'rest' | 'grpc' | 'grpc-web' | 'connect';

/** Hooks around requests. They must not throw: that ends the connection. */
export interface Hooks {
  /** Wraps a request in a span or a logging context. It must call `answer`. */
  readonly around?: (request: ApiRequest, requestId: string, answer: () => Promise<void>) => Promise<void>;
  /** Called after each answer. */
  readonly onAnswered?: (entry: AccessEntry) => void;
  /** Called for each answer caused by a fault, a defect or unavailable keys, with the cause for the operator. */
  readonly onFailure?: (cause: unknown, requestId: string) => void;
}

/** The context shared by all exchanges. */
export interface ExchangeSettings {
  readonly limits: BodyLimits;
  readonly hooks: Hooks;
  readonly origins: AllowedOrigins;
  /** Aborts when the port ends, to end streaming answers. */
  readonly ending: AbortSignal;
}

/** The request line and the headers. */
interface RequestHead {
  readonly verb: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/** The headers that follow a body. */
export type Trailers = Readonly<Record<string, string>>;

/** An answer. Its trailers follow the body: as such in HTTP/2, in the chunked encoding in HTTP/1.1. */
export interface SentAnswer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  /** A `Readable` is a streaming answer, destroyed when the client is gone. Its trailers are read when it ends. */
  readonly body?: RestText | Readable;
  readonly trailers?: Trailers;
}

/** A request and its answer, in the same form for every protocol and server. */
export abstract class Exchange implements IncomingRequest, BodySource {
  readonly verb: string;
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  readonly requestId: string;
  readonly settings: ExchangeSettings;
  /** Aborts at the caller's deadline, if there is one. */
  deadline: AbortSignal | undefined;
  renew: (() => Promise<void>) | undefined;
  dueAt: number | undefined;
  asOf: string | undefined;
  /** Collected for the access log. */
  method: string | undefined;
  callerId: string | undefined;
  instanceId: string | undefined;
  readonly #startedAt = performance.now();
  #abort: AbortController | undefined;
  /** The host that takes precedence over the header `host`. */
  readonly #authority: string | undefined;
  #isOriginAllowed: boolean | undefined;

  constructor({ headers, url: target, verb }: RequestHead, settings: ExchangeSettings) {
    const { url } = targetOf(target);
    const queryAt = url.indexOf('?');
    this.verb = verb;
    this.path = queryAt === -1 ? url : url.slice(0, queryAt);
    this.query = queryAt === -1 ? '' : url.slice(queryAt + 1);
    this.headers = headers;
    this.settings = settings;
    this.#authority = authorityOf(target, headers);
    this.requestId = requestIdOf(this);
  }

  // Computed on demand.
  abstract get peerAddress(): string | undefined;
  abstract get clientCertificate(): PeerCertificate | undefined;
  abstract get source(): Readable;
  abstract get parsed(): unknown;
  abstract isCutOff(): boolean;
  abstract dropRest(): void;
  /** Whether trailers reach the client; gRPC needs them. */
  abstract get supportsTrailers(): boolean;
  /** Calls the listener when nothing can be sent any more, also because everything was sent. */
  abstract onClosed(listener: () => void): void;
  /** Aborts the connection. */
  abstract destroy(defect: Error): void;
  /** Begins an answer. Does nothing when the connection is closed or an answer has begun already. */
  abstract beginAnswer(answer: SentAnswer): void;

  /** Aborts when the answer is no longer needed: the client has left, or its deadline has passed. */
  get signal(): AbortSignal {
    return (this.#abort ??= this.#listen()).signal;
  }

  #listen(): AbortController {
    const controller = new AbortController();
    const abort = (): void => controller.abort();
    this.onClosed(abort);
    this.deadline?.addEventListener('abort', abort, { once: true });
    if (this.deadline?.aborted === true) abort();
    return controller;
  }

  get(name: string): string | undefined {
    return headerIn(this.headers, this.#authority, name);
  }

  /** Whether it is a GET or HEAD. */
  get isRead(): boolean {
    return this.verb === 'GET' || this.verb === 'HEAD';
  }

  /** The most bytes that a body may have, as sent and decompressed. */
  get maxBytes(): number {
    return this.settings.limits.maxBytes;
  }

  /**
   * The signal of a streaming answer: it also aborts when the port ends, and when the deadline passes after
   * the answer has begun.
   */
  get streamSignal(): AbortSignal {
    const { dueAt } = this;
    const deadline =
      dueAt === undefined ? [] : [AbortSignal.timeout(Math.max(0, Math.ceil(dueAt - performance.now())))];
    return AbortSignal.any([this.signal, this.settings.ending, ...deadline]);
  }

  /** Reads the whole body, within the limits or the given one, of a caller who is still admitted. @throws ApiError */
  async body(maxBytes: number = this.maxBytes): Promise<Uint8Array> {
    const bytes = await readBody(this, { ...this.settings.limits, maxBytes });
    await this.renew?.();
    return bytes;
  }

  /** Reports the cause of a failure to the operator. Returns the error to answer with, which hides that cause. */
  reportFailure(caught: unknown): ApiError {
    // The client is gone. This is not reported, because any client could fill the operator's log with it.
    if (this.#abort?.signal.aborted === true && isCausedByAbort(caught))
      return this.deadline?.aborted === true ? deadlinePassed() : cutOff();
    const error = fromThrown(caught);
    if (error.cause !== undefined) this.#report(error.cause);
    return error;
  }

  /** Aborts an answer that has begun but can't be completed, and reports why to the operator. */
  protected abortAnswer(defect: unknown): void {
    this.reportFailure(defect);
    this.destroy(asError(defect));
  }

  #report(cause: unknown): void {
    this.#callHook(() => this.settings.hooks.onFailure?.(cause, this.requestId));
  }

  /** Calls a hook. A hook whose promise rejects ends the connection like one that throws, and not the process. */
  #callHook(hook: () => unknown): void {
    const result = hook();
    const isPromise = typeof result === 'object' && result !== null && 'then' in result;
    if (isPromise) Promise.resolve(result).catch((defect: unknown) => this.destroy(asError(defect)));
  }

  /** Whether a page of this origin may call. Anything but `true` means no, including a promise. */
  get isOriginAllowed(): boolean {
    return (this.#isOriginAllowed ??= this.#checkOrigin());
  }

  #checkOrigin(): boolean {
    try {
      return isAllowedOrigin(this.settings.origins, this.get('origin'));
    } catch (caught) {
      this.#report(caught);
      return false;
    }
  }

  /** The headers of every answer to this request. */
  answerHeaders({ position, seen, tag }: Omit<Answer<unknown>, 'message'> = {}): OutgoingHttpHeaders {
    const headers: OutgoingHttpHeaders = corsHeaders(this);
    headers['x-request-id'] = this.requestId;
    // One path serves many organizations and callers, whose tags may be equal, so a shared cache would mix them up.
    if (this.isRead) headers['cache-control'] = 'no-store';
    if (tag !== undefined) headers['etag'] = tag;
    if (seen !== undefined) headers['login-policy-seen'] = seen;
    if (position !== undefined) headers['login-policy-position'] = position;
    return headers;
  }

  /** Sends a whole answer, and writes the access log. */
  send(protocol: Protocol, answer: SentAnswer, refusal?: ApiError): void {
    this.beginAnswer(answer);
    this.logAnswer(protocol, answer.status, refusal);
  }

  /** Writes the access log, once for each exchange. */
  logAnswer(protocol: Protocol, httpStatus: number, refusal: ApiError | undefined): void {
    const entry = {
      ...{ requestId: this.requestId, protocol, verb: this.verb, path: this.path, method: this.method },
      ...{ callerId: this.callerId, instanceId: this.instanceId },
      ...{ httpStatus, code: refusal?.code ?? 0, refusal: refusal?.id },
      durationMs: performance.now() - this.#startedAt,
    };
    this.#callHook(() => this.settings.hooks.onAnswered?.(entry));
  }
}

/** Whether a call ended because its signal fired. */
function isCausedByAbort(caught: unknown): boolean {
  return isFault(caught, 'deadline-exceeded') || isFault(caught, 'outcome-unknown');
}
