import type { OutgoingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { setImmediate } from 'node:timers';
import type { PeerCertificate } from 'node:tls';
import { Exchange, type ExchangeSettings, type SentAnswer } from './exchange.js';
import { isInParts, ownTurn } from './parts.js';

/** Facts about a request that the `Request` object does not contain. */
export interface FetchOptions {
  readonly peerAddress?: string | undefined;
  readonly clientCertificate?: PeerCertificate | undefined;
  /** Answers requests for paths that the API does not serve. Default: 404. */
  readonly next?: () => Response | Promise<Response>;
}

/** The most bytes of a streaming answer that are buffered for a client that does not read. */
const MOST_UNREAD = 65_536;
/** The statuses whose answers must not have a body in fetch. */
const BODILESS = [204, 304];

/** A `Request` and its `Response`. */
export class FetchExchange extends Exchange {
  readonly parsed = undefined;
  readonly supportsTrailers = false;
  readonly peerAddress: string | undefined;
  readonly clientCertificate: PeerCertificate | undefined;
  readonly response: Promise<Response>;
  readonly #request: Request;
  #source: Readable | undefined;
  readonly #closed = new AbortController();
  #resolve: (response: Response) => void = () => undefined;
  #reject: (defect: Error) => void = () => undefined;

  constructor(request: Request, { clientCertificate, peerAddress }: FetchOptions, settings: ExchangeSettings) {
    const { host, pathname, search } = new URL(request.url);
    const headers = { host, ...Object.fromEntries(request.headers) };
    super({ verb: request.method, url: `${pathname}${search}`, headers }, settings);
    this.#request = request;
    this.peerAddress = peerAddress;
    this.clientCertificate = clientCertificate;
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    request.signal.addEventListener('abort', () => this.#close(), { once: true });
  }

  /** Created on demand: the body of a request for another handler must stay untouched. */
  get source(): Readable {
    return (this.#source ??= bodyOf(this.#request));
  }

  /** Stops reading: an endless body that never waits would block the event loop. */
  dropRest(): void {
    this.source.pause();
  }

  isCutOff(): boolean {
    return this.#request.signal.aborted;
  }

  beginAnswer({ body, headers, status, trailers }: SentAnswer): void {
    const isBodiless = this.verb === 'HEAD' || BODILESS.includes(status);
    const sent = this.#bodyOf(body);
    this.#resolve(
      new Response(isBodiless ? null : sent, { status, headers: fetchHeaders({ ...headers, ...trailers }) }),
    );
    if (isBodiless || !(sent instanceof ReadableStream)) this.#close();
  }

  #bodyOf(body: SentAnswer['body']): string | Uint8Array | ReadableStream<Uint8Array> | undefined {
    if (isInParts(body)) return this.#inParts(body);
    return body instanceof Readable ? this.#streaming(body) : body;
  }

  /** Each part is made when the client is ready for it. */
  #inParts(parts: AsyncGenerator<string, void, undefined>): ReadableStream<Uint8Array> {
    const encoder = new TextEncoder();
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
      await ownTurn();
      const part = await parts.next().catch((defect: unknown) => {
        this.abortAnswer(defect);
        throw defect;
      });
      if (part.done === true) {
        controller.close();
        this.#close();
      } else controller.enqueue(encoder.encode(part.value));
    };
    const cancel = async (): Promise<void> => {
      await parts.return();
      this.#close();
    };
    return new ReadableStream({ pull, cancel }, new CountQueuingStrategy({ highWaterMark: 0 }));
  }

  /** Replaces `Readable.toWeb`, which throws uncatchable errors for data after its reader has left (Node 20). */
  #streaming(body: Readable): ReadableStream {
    body.once('close', () => this.#close());
    this.onClosed(() => body.destroy());
    const start = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
      body.on('data', (bytes: Uint8Array) => {
        if (body.destroyed) return;
        controller.enqueue(bytes);
        if ((controller.desiredSize ?? 0) < 0) body.destroy(new Error('the client reads nothing'));
      });
      body.once('end', () => controller.close()).once('error', (error) => controller.error(error));
    };
    const strategy = new ByteLengthQueuingStrategy({ highWaterMark: MOST_UNREAD });
    return new ReadableStream({ start, cancel: () => void body.destroy() }, strategy);
  }

  onClosed(listener: () => void): void {
    this.#closed.signal.addEventListener('abort', listener, { once: true });
  }

  destroy(defect: Error): void {
    this.#reject(defect);
    this.#close();
  }

  /**
   * Reports that the exchange is over, and cancels the rest of the request's body in the next turn of the event loop:
   * `Readable.toWeb` throws an uncatchable error when it is cancelled before its first bytes were passed on (Node 20 to
   * 24).
   */
  #close(): void {
    this.#closed.abort();
    const source = this.#source;
    if (source !== undefined) setImmediate(() => source.destroy());
  }
}

/** The body as a stream of Node. It needs a type of its own, because those of Node and of the platform differ. */
function bodyOf({ body, bodyUsed }: Request): Readable {
  if (bodyUsed) throw new Error('the body was read before the API came to it');
  const stream: NodeReadableStream | null = body;
  return stream === null ? Readable.from([]) : Readable.fromWeb(stream);
}

/** Node's headers as those of fetch, without `connection`, which only the server sets. */
function fetchHeaders({ connection: _, ...headers }: OutgoingHttpHeaders): Headers {
  return new Headers(Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]));
}
