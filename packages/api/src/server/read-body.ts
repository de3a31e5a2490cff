import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { ApiError } from '../errors/api-error.js';
import { cutOff, tooLarge, tooSlow } from '../errors/refusals.js';

/** How much of a body is read, and for how long. */
export interface BodyLimits {
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

/** What a body is read from. */
export interface Source {
  readonly headers: IncomingHttpHeaders;
  readonly source: Readable;
  /** What somebody made of the body who has read it before. */
  readonly parsed: unknown;
  /** Whether the client went away before its request had come as a whole, which reads like an end of its body. */
  isCutOff(): boolean;
  /** Lets go of what is still to come of the body. */
  dropRest(): void;
}

const NOTHING = new Uint8Array(0);

/**
 * Reads a body to its end, or takes what a parser made of it. The one reader of bodies, however requests come in. @throws ApiError when it is too large, too slow or cut off, and
 * Error when it was read before and has left nothing, which would be waited for in vain.
 */
export async function readBody(from: Source, limits: BodyLimits): Promise<Uint8Array> {
  const { headers, source } = from;
  const { maxBytes } = limits;
  // It may break at any time, also after it was refused unread or read to its end: without a listener that would end the process.
  source.on('error', () => undefined);
  if (from.isCutOff()) throw cutOff();
  // An empty body ends by itself while others are waited for.
  if (source.readableEnded && !source.readableDidRead) return NOTHING;
  if (source.readableEnded) return madeOf(from, maxBytes);
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  if (source.destroyed) throw cutOff();
  // A short body came with its headers: there is nothing to wait for.
  const { readableFlowing, readableLength } = source;
  const isThere = readableFlowing === null && readableLength === Number(headers['content-length']);
  // Without a length, Node 26 answers with one of the chunks it came in.
  const bytes: unknown = isThere ? source.read(readableLength) : undefined;
  if (!(bytes instanceof Uint8Array)) return whatArrives(from, limits);
  source.resume();
  return bytes;
}

/** The bytes behind what a parser has made of a body. */
function madeOf({ headers, parsed }: Source, maxBytes: number): Uint8Array {
  const isJson = /^application\/(?:.+\+)?json/i.test(headers['content-type'] ?? '');
  const isText = typeof parsed === 'string' || parsed instanceof Uint8Array;
  if (!isText && (parsed === undefined || !isJson))
    throw new Error('the body was read before the API came to it, and is not in request.body');
  const bytes = Buffer.from(isText ? parsed : JSON.stringify(parsed));
  if (bytes.length > maxBytes) throw tooLarge(maxBytes);
  return bytes;
}

function whatArrives(from: Source, { maxBytes, timeoutMs }: BodyLimits): Promise<Uint8Array> {
  const { source } = from;
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    const settle = (refusal: ApiError | undefined): void => {
      clearTimeout(timer);
      source.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
      from.dropRest();
      if (refusal === undefined) resolve(Buffer.concat(chunks, size));
      else reject(refusal);
    };
    const timer = setTimeout(() => settle(tooSlow()), timeoutMs);
    const onData = (chunk: Uint8Array): void => {
      size += chunk.length;
      if (size > maxBytes) settle(tooLarge(maxBytes));
      else chunks.push(chunk);
    };
    const onEnd = (): void => settle(from.isCutOff() ? cutOff() : undefined);
    const onClose = (): void => settle(cutOff());
    source.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
  });
}
