import { cutOff, tooLarge, tooSlow } from '../errors/refusals.js';
import type { NodeRequest } from './node-http.js';

/** How much of a body is read, and for how long. */
export interface BodyLimits {
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

const NOTHING = new Uint8Array(0);

/** Reads a body to its end. @throws ApiError when it is too large, too slow or cut off. */
export function readBody(request: NodeRequest, { maxBytes, timeoutMs }: BodyLimits): Promise<Uint8Array> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return Promise.reject(tooLarge(maxBytes));
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    const timer = setTimeout(() => settle(() => reject(tooSlow())), timeoutMs);
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
      // What is still to come is not kept; an error that comes later has to meet somebody.
      request.on('error', () => undefined).resume();
      act();
    };
    const onData = (chunk: Uint8Array): void => {
      size += chunk.length;
      if (size > maxBytes) settle(() => reject(tooLarge(maxBytes)));
      else chunks.push(chunk);
    };
    const onEnd = (): void => settle(() => resolve(joined(chunks, size)));
    const onClose = (): void => settle(() => reject(cutOff()));
    request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
  });
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const [first] = chunks;
  if (first === undefined) return NOTHING;
  return chunks.length === 1 ? first : Buffer.concat(chunks, size);
}
