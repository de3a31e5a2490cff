import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { PeerCertificate } from 'node:tls';
import type { LastingAnswers } from './lasting-answers.js';

/** The headers that come behind a body. */
export type Trailers = Readonly<Record<string, string>>;

/** An answer. Its trailers come behind the body: in HTTP/2 as such, in HTTP/1.1 in chunks. */
export interface SentAnswer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  /** A stream is an answer that lasts until it ends, and is destroyed when nothing can be sent any more; then its trailers are looked at last. */
  readonly body?: string | Uint8Array | Readable;
  readonly trailers?: Trailers;
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
  /** The answers that have to end before the port does. */
  readonly lasting: LastingAnswers;
  /** Whether trailers reach the client, without which there is no gRPC. */
  readonly takesTrailers: boolean;
  /** Whether the client went away before its request had come as a whole, which reads like an end of its body. */
  isCutOff(): boolean;
  /** Sends an answer. Nothing happens when the connection is gone, or an answer was begun before. */
  send(answer: SentAnswer): void;
  /** Tells when nothing can be sent any more, be it that all was. */
  onClosed(listener: () => void): void;
  /** Breaks off. */
  destroy(defect: Error): void;
}
