import { unreadable } from '../errors/refusals.js';
import { decompressed, type Compression } from './compression.js';

const HEADER_BYTES = 5;
const COMPRESSED = 0x01;
const TRAILERS = 0x80;

/**
 * Unframes the single message of a unary call's body.
 *
 * @throws ApiError when the body is malformed or the message too large.
 */
export function unframe(
  body: Uint8Array,
  { compression, maxBytes }: { readonly compression: Compression | undefined; readonly maxBytes: number },
): Uint8Array | Promise<Uint8Array> {
  const flags = flagsOf(body);
  const message = body.subarray(HEADER_BYTES);
  if (flags === 0) return message;
  if (flags === COMPRESSED && compression !== undefined) return decompressed(message, { compression, maxBytes });
  throw unreadable('The message has the compression flag, but no supported encoding.');
}

function flagsOf(body: Uint8Array): number {
  if (body.length < HEADER_BYTES) throw unreadable('The body must hold one message.');
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  if (view.getUint32(1) !== body.length - HEADER_BYTES)
    throw unreadable('The body must hold one message of the length in its header.');
  return view.getUint8(0);
}

/** A message framed for the body of an answer. */
export function frame(message: Uint8Array, compression?: Compression): Uint8Array {
  return framed(compression === undefined ? 0 : COMPRESSED, message);
}

/** The trailers of an answer as a frame in the body, for gRPC-Web. */
export function trailerFrame(trailers: Readonly<Record<string, string>>): Uint8Array {
  const lines = Object.entries(trailers).map(([name, value]) => `${name}: ${value}\r\n`);
  return framed(TRAILERS, Buffer.from(lines.join(''), 'latin1'));
}

function framed(flags: number, payload: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  bytes.writeUInt8(flags, 0);
  bytes.writeUInt32BE(payload.length, 1);
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}
