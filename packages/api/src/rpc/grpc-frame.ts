import { unreadable } from '../errors/refusals.js';
import { unpacked, type Packing } from './packing.js';

const HEAD = 5;
const PACKED = 0x01;
const IN_TRAILERS = 0x80;

/** Unframes the single message of a unary call's body. @throws ApiError when it holds anything else, or too much. */
export function unframe(
  body: Uint8Array,
  { packing, maxBytes }: { readonly packing: Packing | undefined; readonly maxBytes: number },
): Uint8Array | Promise<Uint8Array> {
  const flags = flagsOf(body);
  const message = body.subarray(HEAD);
  if (flags === 0) return message;
  if (flags === PACKED && packing !== undefined) return unpacked(message, { packing, maxBytes });
  throw unreadable('The message has the compression flag, but no supported encoding.');
}

function flagsOf(body: Uint8Array): number {
  if (body.length < HEAD) throw unreadable('The body must hold one message.');
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  if (view.getUint32(1) !== body.length - HEAD) throw unreadable('The body must hold one message, as long as it says.');
  return view.getUint8(0);
}

/** A message framed for the body of an answer. */
export function frame(message: Uint8Array, packing?: Packing): Uint8Array {
  return framed(packing === undefined ? 0 : PACKED, message);
}

/** The trailers of an answer as a frame in the body, for gRPC-Web. */
export function trailerFrame(trailers: Readonly<Record<string, string>>): Uint8Array {
  const lines = Object.entries(trailers).map(([name, value]) => `${name}: ${value}\r\n`);
  return framed(IN_TRAILERS, Buffer.from(lines.join(''), 'latin1'));
}

function framed(flags: number, payload: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(HEAD + payload.length);
  bytes.writeUInt8(flags, 0);
  bytes.writeUInt32BE(payload.length, 1);
  bytes.set(payload, HEAD);
  return bytes;
}
