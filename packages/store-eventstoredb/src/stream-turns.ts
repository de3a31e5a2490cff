import type { StreamId } from '@login-policy/event-sourcing';
import type { Ending } from './ending.js';

/** Lets those who write to one stream do so one after another, in the order they came; who waits may give up. */
export class StreamTurns {
  readonly #waiting = new Map<StreamId, (() => void)[]>();

  /** Resolves when it is the caller's turn, to what he must call when he is done; to `undefined` when the end came first. */
  take(streamId: StreamId, ending: Ending): Promise<(() => void) | undefined> {
    const done = (): void => this.#next(streamId);
    const waiting = this.#waiting.get(streamId);
    if (waiting === undefined) {
      this.#waiting.set(streamId, []);
      return Promise.resolve(done);
    }
    const { signal } = ending;
    return new Promise((resolve) => {
      const go = (): void => {
        signal.removeEventListener('abort', giveUp);
        resolve(done);
      };
      const giveUp = (): void => {
        waiting.splice(waiting.indexOf(go), 1);
        resolve(undefined);
      };
      waiting.push(go);
      signal.addEventListener('abort', giveUp, { once: true });
      if (signal.aborted) giveUp();
    });
  }

  #next(streamId: StreamId): void {
    const next = this.#waiting.get(streamId)?.shift();
    if (next === undefined) this.#waiting.delete(streamId);
    else next();
  }
}
