import { DeadlineExceeded } from '../faults.js';
import { ProjectionBehind } from './projection-faults.js';
import type { Position } from '../streams/position.js';
import type { ReadModel } from './read-model-store.js';

/** How long a reader waits for what was written. */
export interface Patience {
  /** Default 5,000 ms. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
}

const DEFAULT_WAIT_MS = 5000;

/**
 * Resolves when the read model has got at least as far as `required`, so that a writer reads what he wrote.
 *
 * @throws ProjectionBehind when it has not within the time; it says how far it is.
 * @throws DeadlineExceeded when `signal` fired.
 */
export async function awaitCheckpoint<Row>(
  model: ReadModel<Row>,
  required: { readonly projection: string; readonly position: Position },
  patience: Patience = {},
): Promise<void> {
  let reached = await model.checkpoint();
  if (reached !== undefined && reached >= required.position) return;
  const waitMs = patience.waitMs ?? DEFAULT_WAIT_MS;
  const waiting = waitingFor(waitMs, patience.signal);
  try {
    while (!waiting.signal.aborted) {
      const change = model.changed(waiting.signal);
      reached = await model.checkpoint();
      if (reached !== undefined && reached >= required.position) return;
      await change;
    }
  } finally {
    waiting.end();
  }
  if (patience.signal?.aborted === true) throw new DeadlineExceeded({ doing: `a read of ${required.projection}` });
  const { projection, position } = required;
  throw new ProjectionBehind({ projection, required: position, reached, waitedMs: waitMs });
}

function waitingFor(waitMs: number, signal: AbortSignal | undefined): { signal: AbortSignal; end: () => void } {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const timer = setTimeout(abort, waitMs);
  if (signal?.aborted === true) abort();
  signal?.addEventListener('abort', abort, { once: true });
  return {
    signal: controller.signal,
    end: () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      abort();
    },
  };
}
