import type { ServerHttp2Stream } from 'node:http2';

/** What can be broken off: a response, a stream, a session. */
interface Destroyable {
  destroy(defect: Error): unknown;
}

/** Does something for one request: what it throws breaks that request off, and never reaches the process. */
export function contained(request: Destroyable, act: () => void): void {
  try {
    act();
  } catch (caught) {
    request.destroy(asError(caught));
  }
}

/** Whatever was thrown, as what streams are destroyed with. */
export function asError(caught: unknown): Error {
  return caught instanceof Error ? caught : new Error(String(caught));
}

/** Whether a stream is closed, be it by its client: Node ends what is read of one that is reset without an error. */
export function isOver({ closed, destroyed }: Pick<ServerHttp2Stream, 'closed' | 'destroyed'>): boolean {
  return closed || destroyed;
}
