import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import type { PeerCertificate } from 'node:tls';
import type { Channel, LastingAnswer, WholeAnswer } from './channel.js';
import type { LastingAnswers } from './lasting-answers.js';

/** What the server knows of a request, and a `Request` does not say. */
export interface FetchOptions {
  readonly peerAddress?: string | undefined;
  readonly clientCertificate?: PeerCertificate | undefined;
  /** Answers what is not one of the API's paths. Default: 404. */
  readonly next?: () => Response | Promise<Response>;
}

/** How much of an answer that lasts is kept for a reader who takes nothing in. */
const MOST_UNREAD = 65_536;
/** Statuses whose answers have no body, by the standard of fetch. */
const BODILESS = [204, 304];

/** A `Request`, and the `Response` that becomes of it. */
export class FetchChannel implements Channel {
  readonly verb: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly parsed = undefined;
  readonly takesTrailers = false;
  readonly peerAddress: string | undefined;
  readonly clientCertificate: PeerCertificate | undefined;
  readonly response: Promise<Response>;
  readonly #request: Request;
  readonly #lasting: LastingAnswers;
  #source: Readable | undefined;
  readonly #closed = new AbortController();
  #resolve: (response: Response) => void = () => undefined;
  #reject: (defect: Error) => void = () => undefined;

  constructor(request: Request, { clientCertificate, peerAddress }: FetchOptions, lasting: LastingAnswers) {
    const { host, pathname, search } = new URL(request.url);
    this.verb = request.method;
    this.url = `${pathname}${search}`;
    this.headers = { host, ...Object.fromEntries(request.headers) };
    this.#request = request;
    this.peerAddress = peerAddress;
    this.clientCertificate = clientCertificate;
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    request.signal.addEventListener('abort', () => this.#leave(), { once: true });
    this.#lasting = lasting;
  }

  /** Not before it is asked for: the body of a request that is somebody else's stays theirs. */
  get source(): Readable {
    return (this.#source ??= bodyOf(this.#request));
  }

  isCutOff(): boolean {
    return this.#request.signal.aborted;
  }

  send({ body, headers, status, trailers }: WholeAnswer): void {
    const isBodiless = this.verb === 'HEAD' || BODILESS.includes(status);
    this.#resolve(new Response(isBodiless ? null : body, { status, headers: fit({ ...headers, ...trailers }) }));
    this.#leave();
  }

  open(headers: OutgoingHttpHeaders, onEnding: () => void): LastingAnswer | undefined {
    if (this.isCutOff()) return undefined;
    this.onClosed(this.#lasting.begun(onEnding));
    const closed = this.#closed;
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    const source = {
      start: (given: ReadableStreamDefaultController<Uint8Array>): unknown => (controller = given),
      cancel: () => closed.abort(),
    };
    const stream = new ReadableStream(source, new ByteLengthQueuingStrategy({ highWaterMark: MOST_UNREAD }));
    this.#resolve(new Response(stream, { headers: fit(headers) }));
    const write = (bytes: Uint8Array): void => {
      if (closed.signal.aborted) return;
      controller?.enqueue(bytes);
      if ((controller?.desiredSize ?? 0) >= 0) return;
      controller?.error(new Error('the client takes nothing in'));
      closed.abort();
    };
    const end: LastingAnswer['end'] = ({ body }) => {
      if (typeof body === 'object') write(body);
      if (closed.signal.aborted) return;
      controller?.close();
      closed.abort();
    };
    return { write, end };
  }

  onClosed(listener: () => void): void {
    this.#closed.signal.addEventListener('abort', listener, { once: true });
  }

  destroy(defect: Error): void {
    this.#reject(defect);
    this.#leave();
  }

  /** What is still to come of the body is not waited for. */
  #leave(): void {
    this.#closed.abort();
    this.#source?.destroy();
  }
}

/** The types of Node and of the platform differ in what a stream of bytes is called. */
function bodyOf({ body, bodyUsed }: Request): Readable {
  if (bodyUsed) throw new Error('the body was read before the API came to it');
  const stream: NodeReadableStream | null = body;
  return stream === null ? Readable.from([]) : Readable.fromWeb(stream);
}

/** `connection` is the server's own affair. */
function fit({ connection: _, ...headers }: OutgoingHttpHeaders): Headers {
  return new Headers(Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]));
}
