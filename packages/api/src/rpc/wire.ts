import type { OutgoingHttpHeaders } from 'node:http';
import type { RestText } from '../calls/call-context.js';
import type { ApiError } from '../errors/api-error.js';
import type { Exchange, Protocol, SentAnswer } from '../server/exchange.js';
import type { TimeoutHeader } from './deadline.js';
import type { Packing } from './packing.js';

/** The format of a call's messages. */
export type MessageForm = 'proto' | 'json';

/** How a protocol formats errors. The given headers are those of every answer. */
export interface Refusing {
  readonly protocol: Protocol;
  readonly fail: (headers: OutgoingHttpHeaders, error: ApiError) => SentAnswer;
}

/** How a protocol reads calls and sends answers. */
export interface Wire extends Refusing {
  readonly form: MessageForm;
  /** The headers for the message's compression, the accepted compressions, and the caller's time-out. */
  readonly headers: { readonly packing: string; readonly accepted: string; readonly timeout: TimeoutHeader };
  /** Reads the one message of a call. @throws ApiError */
  readonly message: (exchange: Exchange, packing: Packing | undefined) => Promise<Uint8Array>;
  /** Sends a message, which is packed in this way already. */
  readonly succeed: (headers: OutgoingHttpHeaders, message: Uint8Array, packing?: Packing) => SentAnswer;
}

/** Gives headers the type of a content, and its length where that is known. */
export function typed(answer: OutgoingHttpHeaders, type: string, length?: number): OutgoingHttpHeaders {
  const headers = answer;
  headers['content-type'] = type;
  if (length !== undefined) headers['content-length'] = length;
  return headers;
}

/** An answer of JSON. */
export function inJson(headers: OutgoingHttpHeaders, status: number, body: RestText): SentAnswer {
  return inText({ headers, status, type: 'application/json' }, body);
}

/** An answer of a type of text. */
export function inText(
  { headers, status, type }: Pick<SentAnswer, 'headers' | 'status'> & { readonly type: string },
  body: RestText,
): SentAnswer {
  const isWhole = typeof body === 'string' || body instanceof Uint8Array;
  return { status, headers: typed(headers, type, isWhole ? Buffer.byteLength(body) : undefined), body };
}
