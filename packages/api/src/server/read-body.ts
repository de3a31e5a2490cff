import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { ApiError } from '../errors/api-error.js';
import { cutOff, tooLarge, tooSlow } from '../errors/refusals.js';
import { deadlinePassed } from '../errors/status.js';

/** How much of a body is read, and for how long. */
export interface BodyLimits {
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

/** A stream to read a body from. */
export interface BodySource {
  readonly headers: IncomingHttpHeaders;
  readonly source: Readable;
  /** The body as parsed by an earlier handler. */
  readonly parsed: unknown;
  /** Aborts at the caller's deadline, if there is one. */
  readonly deadline: AbortSignal | undefined;
  /** Whether the client left before its request was complete. The end of the stream alone does not tell. */
  isCutOff(): boolean;
  /** Discards the rest of the body. */
  dropRest(): void;
}

const NOTHING = new Uint8Array(0);

/**
 * Reads a whole body, or takes the result of an earlier parser. Used for all bodies of all servers.
 *
 * @throws ApiError when it is too large, too slow or cut off, and at the caller's deadline.
 * @throws Error when the body was read before and no parsed result is there, because waiting for it would never end.
 */
export async function readBody(from: BodySource, limits: BodyLimits): Promise<Uint8Array> {
  const { headers, source } = from;
  const { maxBytes } = limits;
  // The stream may fail at any time, even after the body was refused or read. Without a listener, that would end the
  // process.
  source.on('error', () => undefined);
  if (from.isCutOff()) throw cutOff();
  // An empty body may end by itself during a wait.
  if (source.readableEnded && !source.readableDidRead) return NOTHING;
  if (source.readableEnded) return bytesOfParsed(from, maxBytes);
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  if (source.destroyed) throw cutOff();
  // A short body arrived with its headers, so there is nothing to wait for.
  const { readableFlowing, readableLength } = source;
  const hasArrived = readableFlowing === null && readableLength === Number(headers['content-length']);
  // Without a length, Node 26 returns only one of the chunks.
  const bytes: unknown = hasArrived ? source.read(readableLength) : undefined;
  if (!(bytes instanceof Uint8Array)) return collect(from, limits);
  source.resume();
  return bytes;
}

/** The bytes of the body that a parser has read. */
function bytesOfParsed({ headers, parsed }: BodySource, maxBytes: number): Uint8Array {
  const isJson = /^application\/(?:.+\+)?json/i.test(headers['content-type'] ?? '');
  const isText = typeof parsed === 'string' || parsed instanceof Uint8Array;
  if (!isText && (parsed === undefined || !isJson))
    throw new Error('the body was read before the API came to it, and is not in request.body');
  const bytes = Buffer.from(isText ? parsed : JSON.stringify(parsed));
  if (bytes.length > maxBytes) throw tooLarge(maxBytes);
  return bytes;
}

function collect(from: BodySource, { maxBytes, timeoutMs }: BodyLimits): Promise<Uint8Array> {
  const { deadline, source } = from;
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    const settle = (refusal: ApiError | undefined): void => {
      clearTimeout(timer);
      deadline?.removeEventListener('abort', onDue);
      source.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
      from.dropRest();
      if (refusal === undefined) resolve(Buffer.concat(chunks, size));
      else reject(refusal);
    };
    const onDue = (): void => settle(deadlinePassed());
    const timer = setTimeout(() => settle(tooSlow()), timeoutMs);
    deadline?.addEventListener('abort', onDue, { once: true });
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
