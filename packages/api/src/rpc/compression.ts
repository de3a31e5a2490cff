import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, gunzip, gzip } from 'node:zlib';
import { tooLarge, unsupportedCompression, unreadable } from '../errors/refusals.js';

/** A compression of messages. */
export interface Compression {
  readonly name: string;
  readonly compress: (bytes: Uint8Array) => Promise<Uint8Array>;
  /** Fails when the result is larger than the limit. */
  readonly decompress: (bytes: Uint8Array, limit: { readonly maxOutputLength: number }) => Promise<Uint8Array>;
}

const COMPRESSIONS: readonly Compression[] = [
  { name: 'gzip', compress: promisify(gzip), decompress: promisify(gunzip) },
  { name: 'br', compress: promisify(brotliCompress), decompress: promisify(brotliDecompress) },
];
/** A shorter message would hardly become smaller. */
const LEAST_BYTES = 1024;

/** The compression a header names; `undefined` for none. @throws ApiError when it is not supported. */
export function compressionOf(encoding: string | undefined): Compression | undefined {
  if (encoding === undefined || encoding === '' || encoding === 'identity') return undefined;
  const compression = COMPRESSIONS.find(({ name }) => name === encoding);
  if (compression === undefined) throw unsupportedCompression(COMPRESSIONS.map(({ name }) => name));
  return compression;
}

/** The compression for an answer to a client that accepts these; `undefined` to send it uncompressed. */
export function compressionFor({ length }: Uint8Array, accepted: string | undefined): Compression | undefined {
  if (accepted === undefined || length < LEAST_BYTES) return undefined;
  const names = accepted.split(',').map((name) => name.trim());
  return COMPRESSIONS.find(({ name }) => names.includes(name));
}

/** Decompresses a message. @throws ApiError when it is invalid, or larger than `maxBytes`. */
export async function decompressed(
  message: Uint8Array,
  { compression, maxBytes }: { readonly compression: Compression; readonly maxBytes: number },
): Promise<Uint8Array> {
  // Compressed data is never empty.
  if (message.length === 0) return message;
  try {
    return await compression.decompress(message, { maxOutputLength: maxBytes });
  } catch (caught) {
    const isTooLarge = caught instanceof Error && 'code' in caught && caught.code === 'ERR_BUFFER_TOO_LARGE';
    throw isTooLarge ? tooLarge(maxBytes) : unreadable(`The message can't be decompressed as ${compression.name}.`);
  }
}
