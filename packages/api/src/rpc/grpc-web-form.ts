import { tooLarge, unreadable } from '../errors/refusals.js';
import type { Exchange } from '../server/exchange.js';

/** How gRPC-Web frames are in a body: as they are, or in base64 for clients that handle only text. */
export interface WebForm {
  readonly type: string;
  /** The frames of a request. @throws ApiError */
  readonly read: (exchange: Exchange) => Promise<Uint8Array>;
  /** Encodes a part of an answer. */
  readonly encode: (frames: Uint8Array) => Uint8Array;
}

/** `application/grpc-web`. */
export const WEB: WebForm = {
  type: 'application/grpc-web+proto',
  read: (exchange) => exchange.body(),
  encode: (frames) => frames,
};

/** `application/grpc-web-text`: each part is padded, so that it can be decoded as it arrives. */
export const WEB_TEXT: WebForm = {
  type: 'application/grpc-web-text+proto',
  read: textOf,
  // Padded, so that other parts can follow.
  encode: (frames) => Buffer.from(Buffer.from(frames).toString('base64'), 'latin1'),
};

/** The form the client accepts, if it says so; otherwise `undefined`, and the request's form is used. */
export function wantedForm(accept: string | undefined): WebForm | undefined {
  const name = accept === undefined ? undefined : /application\/grpc-web(-text)?(?=[\s,;+]|$)/i.exec(accept);
  if (name === undefined || name === null) return undefined;
  return name[1] === undefined ? WEB : WEB_TEXT;
}

const PIECE = /[^=]+={0,2}/g;

/** The limit applies to the decoded body. In the text, a frame's head and message may be padded separately. */
async function textOf(exchange: Exchange): Promise<Uint8Array> {
  const { maxBytes } = exchange;
  const bytes = fromBase64(await exchange.body(Math.ceil(maxBytes / 3) * 4 + 8));
  if (bytes.length > maxBytes) throw tooLarge(maxBytes);
  return bytes;
}

/** Decodes base64 text: one piece, or several, each padded on its own. @throws ApiError */
function fromBase64(text: Uint8Array): Uint8Array {
  const characters = Buffer.from(text).toString('latin1');
  const pieces = characters.match(PIECE) ?? [];
  const read = pieces.reduce((sum, { length }) => (length % 4 === 0 ? sum + length : Number.NaN), 0);
  // Node skips invalid characters, and stops at the first padding.
  if (/[^A-Za-z0-9+/=]/.test(characters) || read !== characters.length) {
    throw unreadable('The body must be base64, padded.');
  }
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece, 'base64')));
}
