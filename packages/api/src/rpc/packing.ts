import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, gunzip, gzip } from 'node:zlib';
import { tooLarge, unknownPacking, unreadable } from '../errors/refusals.js';

/** A compression of messages. */
export interface Packing {
  readonly name: string;
  readonly pack: (bytes: Uint8Array) => Promise<Uint8Array>;
  /** Fails when the result is larger than the limit. */
  readonly unpack: (bytes: Uint8Array, limit: { readonly maxOutputLength: number }) => Promise<Uint8Array>;
}

const PACKINGS: readonly Packing[] = [
  { name: 'gzip', pack: promisify(gzip), unpack: promisify(gunzip) },
  { name: 'br', pack: promisify(brotliCompress), unpack: promisify(brotliDecompress) },
];
/** A shorter message would hardly become smaller. */
const LEAST = 1024;

/** The compression a header names; `undefined` for none. @throws ApiError when it is not supported. */
export function packingOf(encoding: string | undefined): Packing | undefined {
  if (encoding === undefined || encoding === '' || encoding === 'identity') return undefined;
  const packing = PACKINGS.find(({ name }) => name === encoding);
  if (packing === undefined) throw unknownPacking(PACKINGS.map(({ name }) => name));
  return packing;
}

/** The compression for an answer to a client that accepts these; `undefined` to send it uncompressed. */
export function packingFor({ length }: Uint8Array, accepted: string | undefined): Packing | undefined {
  if (accepted === undefined || length < LEAST) return undefined;
  const names = accepted.split(',').map((name) => name.trim());
  return PACKINGS.find(({ name }) => names.includes(name));
}

/** Decompresses a message. @throws ApiError when it is invalid, or larger than `maxBytes`. */
export async function unpacked(
  message: Uint8Array,
  { packing, maxBytes }: { readonly packing: Packing; readonly maxBytes: number },
): Promise<Uint8Array> {
  // Compressed data is never empty.
  if (message.length === 0) return message;
  try {
    return await packing.unpack(message, { maxOutputLength: maxBytes });
  } catch (caught) {
    const isTooLarge = caught instanceof Error && 'code' in caught && caught.code === 'ERR_BUFFER_TOO_LARGE';
    throw isTooLarge ? tooLarge(maxBytes) : unreadable(`The message can't be unpacked as ${packing.name}.`);
  }
}
