import { isFault } from '@login-policy/event-sourcing';
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { PeerCertificate } from 'node:tls';
import type { Answer, RestText } from '../calls/call-context.js';
import { requestIdOf } from '../calls/conditions.js';
import type { Visit } from '../calls/pipeline.js';
import type { ApiError } from '../errors/api-error.js';
import { fromThrown, timeWasUp } from '../errors/status.js';
import type { ApiRequest } from '../ports/ports.js';
import { asError } from '../port/contained.js';
import { corsHeaders, isAllowedOrigin, type AllowedOrigins } from './cors.js';
import { readBody, type BodyLimits, type Source } from './read-body.js';

/** What was asked, by whom, and how it was answered, for an access log. */
export interface AccessEntry {
  readonly requestId: string;
  readonly protocol: Protocol;
  readonly verb: string;
  readonly path: string;
  /** `zitadel.admin.v1.AdminService/GetLoginPolicy`, by whatever protocol it was called; `undefined` when it is not a method. */
  readonly method: string | undefined;
  /** Who the token stands for, also where they were refused; `undefined` where nobody was recognised, or had to be. */
  readonly callerId: string | undefined;
  readonly instanceId: string | undefined;
  readonly httpStatus: number;
  /** The status code of gRPC, whatever the protocol: 0 for a success. */
  readonly code: number;
  /** The id of the refusal; `undefined` for a success. */
  readonly refusal: string | undefined;
  readonly durationMs: number;
}

/** How a request came in. */
export type Protocol = 'rest' | 'grpc' | 'grpc-web' | 'connect';

/** Who is told of what happens. A hook that throws ends the one connection: it must not. */
export interface Hooks {
  /** Answers a request within what you need around it, a span or a context of your logs: `answer` does, and has to be called. */
  readonly around?: (request: ApiRequest, requestId: string, answer: () => Promise<void>) => Promise<void>;
  /** After each answer. */
  readonly onAnswered?: (entry: AccessEntry) => void;
  /** For each answer that stands for a fault or a defect, or for keys that are out of reach: the cause, for the operator. */
  readonly onFailure?: (cause: unknown, requestId: string) => void;
}

/** What an exchange needs besides the request and the response. */
export interface ExchangeSettings {
  readonly limits: BodyLimits;
  readonly hooks: Hooks;
  readonly origins: AllowedOrigins;
  /** Fires when the port ends: answers that would last end before it does. */
  readonly ending: AbortSignal;
}

/** What is asked: the verb, path and query, and the headers. */
interface Asking {
  readonly verb: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/** The headers that come behind a body. */
export type Trailers = Readonly<Record<string, string>>;

/** An answer. Its trailers come behind the body: in HTTP/2 as such, in HTTP/1.1 in chunks. */
export interface SentAnswer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  /**
   * A stream is an answer that lasts until it ends, and is destroyed when nothing can be sent any more; then its trailers are looked at last.
   * Of a generator, each part is asked for when the one before was taken in.
   */
  readonly body?: RestText | Readable;
  readonly trailers?: Trailers;
}

/** One request, as ports and the pipeline see it, and its one answer, whatever the protocol and the server it came by. */
export abstract class Exchange implements Visit, Source {
  readonly verb: string;
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  readonly requestId: string;
  readonly settings: ExchangeSettings;
  /** Fires when the caller's time is up, where they say how long they wait. */
  deadline: AbortSignal | undefined;
  dueAt: number | undefined;
  asOf: string | undefined;
  /** What is found out on the way, for the access log. */
  method: string | undefined;
  callerId: string | undefined;
  instanceId: string | undefined;
  readonly #startedAt = performance.now();
  #leaving: AbortController | undefined;
  /** The host that the target of the request names. */
  readonly #authority: string | undefined;
  #isOriginAllowed: boolean | undefined;

  constructor({ headers, url: target, verb }: Asking, settings: ExchangeSettings) {
    const { authority, url } = targetOf(target);
    const mark = url.indexOf('?');
    this.verb = verb;
    this.path = mark === -1 ? url : url.slice(0, mark);
    this.query = mark === -1 ? '' : url.slice(mark + 1);
    this.headers = headers;
    this.settings = settings;
    this.#authority = authority;
    this.requestId = requestIdOf(this);
  }

  // Of the request, nothing is looked at before somebody asks.
  abstract get peerAddress(): string | undefined;
  abstract get clientCertificate(): PeerCertificate | undefined;
  abstract get source(): Readable;
  abstract get parsed(): unknown;
  abstract isCutOff(): boolean;
  abstract dropRest(): void;
  /** Whether trailers reach the client, without which there is no gRPC. */
  abstract get takesTrailers(): boolean;
  /** Tells when nothing can be sent any more, be it that all was. */
  abstract onClosed(listener: () => void): void;
  /** Breaks off. */
  abstract destroy(defect: Error): void;
  /** Begins an answer. Nothing happens when the connection is gone, or an answer was begun before. */
  abstract begin(answer: SentAnswer): void;

  /** Fires when nobody waits for the answer any more: the client has gone, or their time is up. Handed into every read and command. */
  get signal(): AbortSignal {
    return (this.#leaving ??= this.#listen()).signal;
  }

  #listen(): AbortController {
    const leaving = new AbortController();
    const leave = (): void => leaving.abort();
    this.onClosed(leave);
    this.deadline?.addEventListener('abort', leave, { once: true });
    if (this.deadline?.aborted === true) leave();
    return leaving;
  }

  get(name: string): string | undefined {
    if (name === 'host' && this.#authority !== undefined) return this.#authority;
    const value = this.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  /** Whether no more is asked for than what is there. */
  get isRead(): boolean {
    return this.verb === 'GET' || this.verb === 'HEAD';
  }

  /** The most bytes that a body may have, or become. */
  get maxBytes(): number {
    return this.settings.limits.maxBytes;
  }

  /** The same for an answer that lasts: it fires, too, when the port ends, and when the caller's time is up behind its beginning. */
  get lasting(): AbortSignal {
    const { dueAt } = this;
    const timeIsUp =
      dueAt === undefined ? [] : [AbortSignal.timeout(Math.max(0, Math.ceil(dueAt - performance.now())))];
    return AbortSignal.any([this.signal, this.settings.ending, ...timeIsUp]);
  }

  /** Reads the body to its end, within the limits, or others in their place. @throws ApiError */
  body(maxBytes: number = this.maxBytes): Promise<Uint8Array> {
    return readBody(this, { ...this.settings.limits, maxBytes });
  }

  /** The error that whatever was thrown is answered with; the operator is told of what it hides. */
  failed(caught: unknown): ApiError {
    // Nobody is left to answer, and anybody could fill an operator's log by leaving.
    if (this.#leaving?.signal.aborted === true && isOfLeaving(caught)) return timeWasUp();
    const error = fromThrown(caught);
    if (error.cause !== undefined) this.#failure(error.cause);
    return error;
  }

  /** Breaks off an answer that was begun and can't be ended; the operator is told why. */
  protected broken(defect: unknown): void {
    this.failed(defect);
    this.destroy(asError(defect));
  }

  #failure(cause: unknown): void {
    this.#tell(() => this.settings.hooks.onFailure?.(cause, this.requestId));
  }

  /** Calls a hook. Where it gives a promise that rejects, the connection ends as if it had thrown at once, and not the process. */
  #tell(hook: () => unknown): void {
    const told = hook();
    const isLater = typeof told === 'object' && told !== null && 'then' in told;
    if (isLater) Promise.resolve(told).catch((defect: unknown) => this.destroy(asError(defect)));
  }

  /** Whether a page of this origin may call. An answer that is not `true` is no, also a promise of it. */
  get isOriginAllowed(): boolean {
    return (this.#isOriginAllowed ??= this.#askOrigins());
  }

  #askOrigins(): boolean {
    try {
      return isAllowedOrigin(this.settings.origins, this.get('origin'));
    } catch (caught) {
      this.#failure(caught);
      return false;
    }
  }

  /** The headers that every answer of this request carries. */
  answerHeaders({ position, stillAllowing, tag }: Omit<Answer<unknown>, 'message'> = {}): OutgoingHttpHeaders {
    const headers: OutgoingHttpHeaders = corsHeaders(this);
    headers['x-request-id'] = this.requestId;
    // One path answers for many organizations and callers, and their tags may be equal: a cache would mix them up.
    if (this.isRead) headers['cache-control'] = 'no-store';
    if (tag !== undefined) headers['etag'] = tag;
    if (position !== undefined) headers['login-policy-position'] = position;
    if (stillAllowing !== undefined) headers['login-policy-still-allowing'] = stillAllowing;
    return headers;
  }

  /** Sends a whole answer, and tells the access log. */
  send(protocol: Protocol, answer: SentAnswer, refusal?: ApiError): void {
    this.begin(answer);
    this.answered(protocol, answer.status, refusal);
  }

  /** Tells the access log. Once for each exchange. */
  answered(protocol: Protocol, httpStatus: number, refusal: ApiError | undefined): void {
    const entry = {
      ...{ requestId: this.requestId, protocol, verb: this.verb, path: this.path, method: this.method },
      ...{ callerId: this.callerId, instanceId: this.instanceId },
      ...{ httpStatus, code: refusal?.code ?? 0, refusal: refusal?.id },
      durationMs: performance.now() - this.#startedAt,
    };
    this.#tell(() => this.settings.hooks.onAnswered?.(entry));
  }
}

/** Whether it is what a call ends with whose signal fired. */
function isOfLeaving(caught: unknown): boolean {
  return isFault(caught, 'deadline-exceeded') || isFault(caught, 'outcome-unknown');
}

/** Takes a target apart. One that names its host as well: that counts then, and the header `host` does not (RFC 9112, 3.2.2). */
export function targetOf(target: string): { readonly authority: string | undefined; readonly url: string } {
  const [, authority, url = target] = target.startsWith('/') ? [] : (/^https?:\/\/([^/?#]+)(.*)$/i.exec(target) ?? []);
  return { authority, url };
}
