import { Code, ConnectError } from '@connectrpc/connect';
import { compressionBrotli, compressionGzip } from '@connectrpc/connect-node';
import type { Compression } from '@connectrpc/connect/protocol';
import { tooLarge, unknownPacking, unreadable } from '../errors/refusals.js';

/** The ways in which messages may be packed. */
export const PACKINGS: readonly Compression[] = [compressionGzip, compressionBrotli];

/** The way a header names; `undefined` for none. @throws ApiError when it is none that is read here. */
export function packingOf(encoding: string | undefined): Compression | undefined {
  if (encoding === undefined || encoding === '' || encoding === 'identity') return undefined;
  const packing = PACKINGS.find(({ name }) => name === encoding);
  if (packing === undefined) throw unknownPacking(PACKINGS.map(({ name }) => name));
  return packing;
}

/** Unpacks a message, be it not packed at all. @throws ApiError when it is rubbish, or more than `maxBytes`. */
export async function unpacked(
  message: Uint8Array,
  { packing, maxBytes }: { readonly packing: Compression | undefined; readonly maxBytes: number },
): Promise<Uint8Array> {
  if (packing === undefined) return message;
  try {
    return await packing.decompress(message, maxBytes);
  } catch (caught) {
    if (caught instanceof ConnectError && caught.code === Code.ResourceExhausted) throw tooLarge(maxBytes);
    throw unreadable(`The message can't be unpacked as ${packing.name}.`);
  }
}
