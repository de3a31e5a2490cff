import type { Compression } from '@connectrpc/connect/protocol';
import { unreadable } from '../errors/refusals.js';
import { unpacked } from './packing.js';

const HEAD = 5;
const PACKED = 0x01;
const IN_TRAILERS = 0x80;

/** Takes the one message, not packed, out of the body of a unary call. @throws ApiError when it holds anything else. */
export function unframePlain(body: Uint8Array): Uint8Array {
  if (flagsOf(body) !== 0) throw unreadable('The message is said to be compressed in no way that is read here.');
  return body.subarray(HEAD);
}

/** The same of a message that may be packed. @throws ApiError also when it is packed otherwise, or holds too much. */
export async function unframe(
  body: Uint8Array,
  { packing, maxBytes }: { readonly packing: Compression | undefined; readonly maxBytes: number },
): Promise<Uint8Array> {
  const isPacked = flagsOf(body) === PACKED && packing !== undefined;
  return isPacked ? unpacked(body.subarray(HEAD), { packing, maxBytes }) : unframePlain(body);
}

function flagsOf(body: Uint8Array): number {
  if (body.length < HEAD) throw unreadable('The body must hold one message.');
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  if (view.getUint32(1) !== body.length - HEAD) throw unreadable('The body must hold one message, as long as it says.');
  return view.getUint8(0);
}

/** A message as it goes into the body of an answer. */
export function frame(message: Uint8Array): Uint8Array {
  return framed(0, message);
}

/** The trailers of an answer as gRPC-Web puts them into the body. */
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
