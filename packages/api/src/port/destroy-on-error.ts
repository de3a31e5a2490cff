import type { ServerHttp2Stream } from 'node:http2';

/** Something that can be aborted: a response, a stream, a session. */
interface Destroyable {
  destroy(defect: Error): unknown;
}

/** Runs work for one request. An error destroys only that request and does not reach the process. */
export function destroyOnError(request: Destroyable, work: () => void): void {
  try {
    work();
  } catch (caught) {
    request.destroy(asError(caught));
  }
}

/** Converts any thrown value into an error to destroy a stream with. */
export function asError(caught: unknown): Error {
  return caught instanceof Error ? caught : new Error(String(caught));
}

/**
 * Whether a stream is closed. To be asked after reading it, because Node ends a stream that its client reset without an
 * error.
 */
export function isOver({ closed, destroyed }: Pick<ServerHttp2Stream, 'closed' | 'destroyed'>): boolean {
  return closed || destroyed;
}
