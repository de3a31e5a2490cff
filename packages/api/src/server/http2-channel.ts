import type { OutgoingHttpHeaders } from 'node:http';
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { isOver, sayGoOn } from '../port/http2-requests.js';
import type { Channel, LastingAnswer, TrailedAnswer, WholeAnswer } from './channel.js';
import type { LastingAnswers } from './lasting-answers.js';

/** A stream of HTTP/2, without the request and the response that Node puts around it: they cost as much as a call. */
export class Http2Channel implements Channel {
  readonly verb: string;
  readonly url: string;
  readonly httpVersion = '2.0';
  readonly headers: IncomingHttpHeaders;
  readonly source: Readable;
  readonly #stream: ServerHttp2Stream;
  readonly #lasting: LastingAnswers;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, lasting: LastingAnswers) {
    this.verb = headers[':method'] ?? 'GET';
    this.url = headers[':path'] ?? '/';
    this.headers = headers;
    this.source = stream;
    this.#stream = stream;
    this.#lasting = lasting;
    sayGoOn(stream, headers.expect);
  }

  socket(): Socket | undefined {
    return this.#stream.session?.socket;
  }

  isCutOff(): boolean {
    return isOver(this.#stream);
  }

  send({ body, headers, status }: WholeAnswer): void {
    this.#answer({ ...headers, ':status': status }, body);
  }

  sendWithTrailers({ body, headers, trailers }: TrailedAnswer): void {
    this.#answer({ ...headers, ':status': 200 }, body, trailers);
  }

  open(headers: OutgoingHttpHeaders, onEnding: () => void): LastingAnswer | undefined {
    const stream = this.#stream;
    if (stream.headersSent || isOver(stream)) return undefined;
    let trailers: Readonly<Record<string, string>> = {};
    stream.once('wantTrailers', () => stream.sendTrailers(trailers));
    stream.once('close', this.#lasting.begun(onEnding));
    stream.respond({ ...headers, ':status': 200 }, { waitForTrailers: true });
    return {
      write: (bytes) => {
        if (!stream.writableEnded && !stream.write(bytes)) stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
      },
      end: (last) => {
        if (stream.writableEnded || stream.destroyed) return;
        trailers = last.trailers ?? {};
        stream.end(last.body);
      },
    };
  }

  onClosed(listener: () => void): void {
    this.#stream.once('close', listener);
  }

  destroy(defect: Error): void {
    this.#stream.destroy(defect);
  }

  #answer(
    headers: OutgoingHttpHeaders,
    body: string | Uint8Array | undefined,
    trailers?: Readonly<Record<string, string>>,
  ): void {
    const stream = this.#stream;
    if (stream.headersSent || isOver(stream)) return;
    const isUnread = !stream.readableEnded;
    const waitForTrailers = isUnread || trailers !== undefined;
    if (waitForTrailers) {
      stream.once('wantTrailers', () => {
        stream.sendTrailers(trailers ?? {});
        if (isUnread) setImmediate(() => closeUnread(stream));
      });
    }
    stream.respond(headers, { endStream: body === undefined, waitForTrailers });
    // Where there must be no body (HEAD, 204, 304), Node has ended the stream with the headers.
    if (!stream.writableEnded) stream.end(body);
  }
}

/** A request that is answered before it came to its end has to be closed, or it stays half open. */
function closeUnread(stream: ServerHttp2Stream): void {
  if (stream.destroyed) return;
  if (stream.state.remoteClose === 1) stream.resume();
  else stream.close(constants.NGHTTP2_NO_ERROR);
}
