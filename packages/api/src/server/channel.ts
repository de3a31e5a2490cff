import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { PeerCertificate } from 'node:tls';

/** A whole answer. Its trailers come behind the body: in HTTP/2 as such, in HTTP/1.1 in chunks. */
export interface WholeAnswer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body?: string | Uint8Array;
  readonly trailers?: Readonly<Record<string, string>>;
}

/** An answer that goes on until it is ended. A reader who takes nothing in is cut off before much is kept for him. */
export interface LastingAnswer {
  readonly write: (bytes: Uint8Array) => void;
  readonly end: (last: Pick<WholeAnswer, 'body' | 'trailers'>) => void;
}

/** One request, and the way its answer goes back, whichever of Node's servers it came by. */
export interface Channel {
  readonly verb: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** As `ApiRequest` has them. Nothing is looked at before somebody asks. */
  readonly peerAddress: string | undefined;
  readonly clientCertificate: PeerCertificate | undefined;
  /** What the body is read from. */
  readonly source: Readable;
  /** What somebody made of the body who has read it before. */
  readonly parsed: unknown;
  /** Whether trailers reach the client, without which there is no gRPC. */
  readonly takesTrailers: boolean;
  /** Whether the client went away before its request had come as a whole, which reads like an end of its body. */
  isCutOff(): boolean;
  /** Sends a whole answer. Nothing happens when the connection is gone, or an answer was begun before. */
  send(answer: WholeAnswer): void;
  /**
   * Begins an answer of status 200 that lasts; `undefined` where `send` would do nothing. `onEnding` is called when the port
   * is to end: it does not before the answer has.
   */
  open(headers: OutgoingHttpHeaders, onEnding: () => void): LastingAnswer | undefined;
  /** Tells when nothing can be sent any more, be it that all was. */
  onClosed(listener: () => void): void;
  /** Breaks off. */
  destroy(defect: Error): void;
}
