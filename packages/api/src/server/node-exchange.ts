import type { OutgoingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers';
import type { PeerCertificate, TLSSocket } from 'node:tls';
import { isOver } from '../port/destroy-on-error.js';
import type { NodeRequest, NodeResponse } from '../port/on-request.js';
import { Exchange, type ExchangeSettings, type SentAnswer, type Trailers } from './exchange.js';
import { isInParts, ownTurn } from './parts.js';
import { joinedIfDoubled } from './request-headers.js';

/** The common interface of the two response classes, which their types do not express. */
interface Writable {
  writeHead(status: number, headers: OutgoingHttpHeaders): unknown;
  addTrailers(trailers: Trailers): unknown;
  write(body: string | Uint8Array): boolean;
  end(body?: string | Uint8Array): unknown;
}

/** A request and its response in any Node server. */
export class NodeExchange extends Exchange {
  readonly supportsTrailers = true;
  readonly #request: NodeRequest;
  readonly #response: NodeResponse;

  constructor(request: NodeRequest, response: NodeResponse, settings: ExchangeSettings) {
    const { headers, method: verb = 'GET', url = '/' } = request;
    super({ verb, url, headers }, settings);
    this.#request = request;
    this.#response = response;
  }

  get source(): Readable {
    return this.#request;
  }

  get peerAddress(): string | undefined {
    return this.#socket()?.remoteAddress;
  }

  get clientCertificate(): PeerCertificate | undefined {
    const socket = this.#socket();
    // In HTTP/2 this is a proxy, which forwards these properties to the socket.
    return isSecure(socket) && socket.authorized ? socket.getPeerCertificate() : undefined;
  }

  override get(name: string): string | undefined {
    // Called in the constructor for other names, before there is a `#request`.
    const value = super.get(name);
    return name === 'authorization' || name === 'host' ? joinedIfDoubled(this.#request, name, value) : value;
  }

  /** The body as parsed by others: express.json() and similar, Next, cloud functions. */
  get parsed(): unknown {
    const request: object & { readonly body?: unknown; readonly rawBody?: unknown } = this.#request;
    return request.rawBody ?? request.body;
  }

  /** The connection can be reused once the rest has been read. */
  dropRest(): void {
    this.source.resume();
  }

  isCutOff(): boolean {
    const request = this.#request;
    return 'stream' in request ? isOver(request.stream) : request.destroyed && !request.complete;
  }

  beginAnswer({ body, headers, status, trailers }: SentAnswer): void {
    const response = this.#response;
    const isHttp2 = 'stream' in response;
    const isStreaming = body instanceof Readable;
    const isGone = isStreaming && (isHttp2 ? response.stream : this.#request.socket).destroyed;
    if (isGone || response.destroyed || response.headersSent) {
      if (isStreaming) body.destroy();
      return;
    }
    closeUnread(response);
    const writable: Writable = response;
    // HTTP/2 does not have this header; its stream is closed instead.
    if (isHttp2) delete headers.connection;
    if (isStreaming) {
      writable.writeHead(status, headers);
      this.#stream(body, writable, trailers);
      return;
    }
    if (isInParts(body)) {
      writable.writeHead(status, headers);
      this.#sendParts(this.verb === 'HEAD' ? [] : body, writable).catch((defect: unknown) => this.abortAnswer(defect));
      return;
    }
    if (trailers === undefined) writable.writeHead(status, headers);
    else if (!this.#endsWithTrailers()) writable.writeHead(status, { ...headers, ...trailers });
    else {
      writable.writeHead(status, isHttp2 ? headers : { ...headers, trailer: Object.keys(trailers).join(', ') });
      writable.addTrailers(trailers);
    }
    if (body === undefined) writable.end();
    else writable.end(body);
  }

  onClosed(listener: () => void): void {
    const response = this.#response;
    if ('stream' in response) {
      response.once('close', listener);
      return;
    }
    const { socket } = this.#request;
    const onClose = (): void => {
      response.off('close', onClose);
      socket.off('close', onClose);
      listener();
    };
    response.once('close', onClose);
    // Node emits no 'close' on a response that is queued behind another when the connection closes.
    if (response.socket === null) socket.setMaxListeners(0).once('close', onClose);
  }

  destroy(defect: Error): void {
    this.#response.destroy(defect);
  }

  #socket(): Socket | undefined {
    const request = this.#request;
    return 'stream' in request ? request.stream.session?.socket : request.socket;
  }

  /** In HTTP/1.1, trailers need a chunked body. HTTP/1.0 has no chunks, and an answer to HEAD has no body. */
  #endsWithTrailers(): boolean {
    return 'stream' in this.#response || (this.#request.httpVersion === '1.1' && this.verb !== 'HEAD');
  }

  /** Sends parts, each when the socket has room for it. */
  async #sendParts(parts: Iterable<string> | AsyncIterable<string>, writable: Writable): Promise<void> {
    let isClosed = false;
    let resume = (): void => undefined;
    const untilDrained = (): Promise<void> =>
      new Promise((resolve) => {
        resume = resolve;
      });
    this.onClosed(() => {
      isClosed = true;
      resume();
    });
    this.#response.on('drain', () => resume());
    for await (const part of parts) {
      const hasRoom = isClosed || writable.write(part);
      if (!hasRoom) await untilDrained();
      await ownTurn();
      if (isClosed) return;
    }
    writable.end();
  }

  /** Sends the data of a stream as it comes. A client that does not read is disconnected before much is buffered. */
  #stream(body: Readable, writable: Writable, trailers: Trailers | undefined): void {
    if (!('stream' in this.#response)) this.#request.socket.setTimeout(0);
    this.onClosed(() => body.destroy());
    body.on('data', (bytes: Uint8Array) => {
      if (!writable.write(bytes)) this.#response.destroy();
    });
    body.once('end', () => {
      if (trailers !== undefined) writable.addTrailers(trailers);
      writable.end();
    });
  }
}

/** After the answer, closes an HTTP/2 stream whose request is incomplete; otherwise it would stay half open. */
function closeUnread(response: NodeResponse): void {
  if (!('stream' in response) || response.req.complete) return;
  const { stream } = response;
  stream.once('wantTrailers', () => setImmediate(() => stream.close()));
}

function isSecure(socket: Socket | undefined): socket is TLSSocket {
  return socket !== undefined && 'encrypted' in socket && socket.encrypted === true;
}
