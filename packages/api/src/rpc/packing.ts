import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, gunzip, gzip } from 'node:zlib';
import { tooLarge, unknownPacking, unreadable } from '../errors/refusals.js';

/** A way in which messages may be packed. */
export interface Packing {
  readonly name: string;
  readonly pack: (bytes: Uint8Array) => Promise<Uint8Array>;
  /** Gives up when it comes to more than that. */
  readonly unpack: (bytes: Uint8Array, limit: { readonly maxOutputLength: number }) => Promise<Uint8Array>;
}

const PACKINGS: readonly Packing[] = [
  { name: 'gzip', pack: promisify(gzip), unpack: promisify(gunzip) },
  { name: 'br', pack: promisify(brotliCompress), unpack: promisify(brotliDecompress) },
];
/** A shorter message would hardly become shorter. */
const LEAST = 1024;

/** The way a header names; `undefined` for none. @throws ApiError when it is not one that is read here. */
export function packingOf(encoding: string | undefined): Packing | undefined {
  if (encoding === undefined || encoding === '' || encoding === 'identity') return undefined;
  const packing = PACKINGS.find(({ name }) => name === encoding);
  if (packing === undefined) throw unknownPacking(PACKINGS.map(({ name }) => name));
  return packing;
}

/** The way in which a message is packed for a client who takes these; `undefined` where it goes as it is. */
export function packingFor({ length }: Uint8Array, accepted: string | undefined): Packing | undefined {
  if (accepted === undefined || length < LEAST) return undefined;
  const names = accepted.split(',').map((name) => name.trim());
  return PACKINGS.find(({ name }) => names.includes(name));
}

/** Unpacks a message. @throws ApiError when it is rubbish, or more than `maxBytes`. */
export async function unpacked(
  message: Uint8Array,
  { packing, maxBytes }: { readonly packing: Packing; readonly maxBytes: number },
): Promise<Uint8Array> {
  // Packed, even nothing is something.
  if (message.length === 0) return message;
  try {
    return await packing.unpack(message, { maxOutputLength: maxBytes });
  } catch (caught) {
    const isTooLarge = caught instanceof Error && 'code' in caught && caught.code === 'ERR_BUFFER_TOO_LARGE';
    throw isTooLarge ? tooLarge(maxBytes) : unreadable(`The message can't be unpacked as ${packing.name}.`);
  }
}
