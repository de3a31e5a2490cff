/** Something that happens at an instant, by `performance.now()`, unless it is taken back before. */
export interface Due {
  readonly dueAt: number;
  readonly fire: () => void;
}

const TICK_MS = 10;

/** Everything that is due some time. Nearly all of it is taken back before: one timer for all costs a read a third of one of its own. */
const pending = new Set<Due>();
let isTicking = false;

/** Has it happen when it is due, or up to 10 ms later. */
export function schedule(due: Due): void {
  pending.add(due);
  if (isTicking) return;
  isTicking = true;
  setTimeout(tick, TICK_MS);
}

/** Takes it back. */
export function takeBack(due: Due): void {
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
  if (isTicking) setTimeout(tick, TICK_MS);
}
