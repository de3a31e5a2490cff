import type { OutgoingHttpHeaders } from 'node:http';
import type { RestText } from '../calls/call-context.js';
import type { ApiError } from '../errors/api-error.js';
import type { Exchange, Protocol, SentAnswer } from '../server/exchange.js';
import type { TimeoutHeader } from './deadline.js';
import type { Packing } from './packing.js';

/** What the messages of a call are written in. */
export type MessageForm = 'proto' | 'json';

/** How what goes wrong is said in a protocol. The headers are those of every answer. */
export interface Refusing {
  readonly protocol: Protocol;
  readonly fail: (headers: OutgoingHttpHeaders, error: ApiError) => SentAnswer;
}

/** How the calls of a protocol come in and their answers go out. */
export interface Wire extends Refusing {
  readonly form: MessageForm;
  /** The headers that name how the message is packed, how answers may be, and how long the caller waits. */
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
