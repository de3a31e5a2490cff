import { unreadable } from '../errors/refusals.js';

const PIECE = /[^=]+={0,2}/g;

/** The most characters that so many bytes take in base64, when the head of a frame and its message are padded apart. */
export function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4 + 8;
}

/** The bytes that a text of base64 stands for: one piece, or several padded each on its own. @throws ApiError */
export function fromBase64(text: Uint8Array): Uint8Array {
  const characters = Buffer.from(text.buffer, text.byteOffset, text.length).toString('latin1');
  // Node reads over what is no base64, and ends at the first padding.
  if (/[^A-Za-z0-9+/=]/.test(characters)) throw notBase64();
  const pieces = characters.match(PIECE) ?? [];
  const read = pieces.reduce((sum, { length }) => (length % 4 === 0 ? sum + length : Number.NaN), 0);
  if (read !== characters.length) throw notBase64();
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece, 'base64')));
}

/** Bytes as a text of base64, padded, to be followed by others. */
export function toBase64(bytes: Uint8Array): Uint8Array {
  return Buffer.from(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64'), 'latin1');
}

function notBase64(): Error {
  return unreadable('The body must be base64, padded.');
}
