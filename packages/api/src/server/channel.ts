import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';

/** A whole answer. */
export interface WholeAnswer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body?: string | Uint8Array;
}

/** A whole answer of status 200 with trailers behind its body. */
export interface TrailedAnswer {
  readonly headers: OutgoingHttpHeaders;
  readonly body: Uint8Array;
  readonly trailers: Readonly<Record<string, string>>;
}

/** One request, and the way its answer goes back, whichever of Node's servers it came by. */
export interface Channel {
  readonly verb: string;
  /** Path and query. */
  readonly url: string;
  readonly httpVersion: string;
  readonly headers: IncomingHttpHeaders;
  /** What the body is read from. */
  readonly source: Readable;
  /** Sends a whole answer. Nothing happens when the connection is gone, or an answer was begun before. */
  send(answer: WholeAnswer): void;
  /** The same with trailers: in HTTP/2 behind the body, in HTTP/1.1 in chunks. */
  sendWithTrailers(answer: TrailedAnswer): void;
  /** Tells when nothing can be sent any more, be it that all was. */
  onClosed(listener: () => void): void;
  /** Breaks off. */
  destroy(defect: Error): void;
}
