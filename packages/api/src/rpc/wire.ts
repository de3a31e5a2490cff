import type { OutgoingHttpHeaders } from 'node:http';
import type { RestText } from '../calls/call-context.js';
import type { ApiError } from '../errors/api-error.js';
import type { Exchange, Protocol, SentAnswer } from '../server/exchange.js';
import type { TimeoutHeader } from './deadline.js';
import type { Compression } from './compression.js';

/** The format of a call's messages. */
export type MessageForm = 'proto' | 'json';

/** How a protocol formats errors. The headers are those of every answer. */
export interface ErrorFormat {
  readonly protocol: Protocol;
  readonly fail: (headers: OutgoingHttpHeaders, error: ApiError) => SentAnswer;
}

/** How a protocol reads calls and sends answers. */
export interface Wire extends ErrorFormat {
  readonly form: MessageForm;
  /** The headers for the message's compression, the accepted compressions, and the caller's time-out. */
  readonly headers: { readonly compression: string; readonly accepted: string; readonly timeout: TimeoutHeader };
  /** Reads the one message of a call. @throws ApiError */
  readonly readMessage: (exchange: Exchange, compression: Compression | undefined) => Promise<Uint8Array>;
  /** Makes the answer with a message, which is already compressed in this way. */
  readonly succeed: (headers: OutgoingHttpHeaders, message: Uint8Array, compression?: Compression) => SentAnswer;
}

/** Adds the content type to headers, and the length if it is known. */
export function withContentType(answer: OutgoingHttpHeaders, type: string, length?: number): OutgoingHttpHeaders {
  const headers = answer;
  headers['content-type'] = type;
  if (length !== undefined) headers['content-length'] = length;
  return headers;
}

/** An answer in JSON. */
export function jsonAnswer(headers: OutgoingHttpHeaders, status: number, body: RestText): SentAnswer {
  return textAnswer({ headers, status, type: 'application/json' }, body);
}

/** An answer in text of the given type. */
export function textAnswer(
  { headers, status, type }: Pick<SentAnswer, 'headers' | 'status'> & { readonly type: string },
  body: RestText,
): SentAnswer {
  const isWhole = typeof body === 'string' || body instanceof Uint8Array;
  return { status, headers: withContentType(headers, type, isWhole ? Buffer.byteLength(body) : undefined), body };
}
