import { readArrived } from './yield-to-loop.js';

/** A callback for a time by `performance.now()`, unless it is cancelled before. */
export interface Due {
  readonly dueAt: number;
  readonly fire: () => void;
}

const TICK_MS = 10;

/**
 * All pending callbacks. They share one timer, because nearly all are cancelled: a timer for each read cost three times
 * as much.
 */
const pending = new Set<Due>();
let isTicking = false;

/** Schedules the callback for its time, or up to 10 ms later. */
export function schedule(due: Due): void {
  pending.add(due);
  if (isTicking) return;
  isTicking = true;
  tickLater();
}

/** Cancels the callback. */
export function cancel(due: Due): void {
  pending.delete(due);
}

function tick(): void {
  const now = performance.now();
  for (const due of pending) {
    if (due.dueAt > now) continue;
    pending.delete(due);
    due.fire();
  }
  isTicking = pending.size > 0;
  if (isTicking) tickLater();
}

function tickLater(): void {
  setTimeout(() => void readArrived().then(tick), TICK_MS);
}
