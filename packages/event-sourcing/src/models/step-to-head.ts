import { ordinalOf, type Position } from '../values/position.js';
import { yieldToLoop } from '../values/yield-to-loop.js';
import { MOST_BEHIND, type CaughtUp } from './read-model-store.js';

/** After so many steps that did not get nearer to the head, because writers are faster, steps get larger. */
const PATIENCE = 10;
const LARGER = 10 * MOST_BEHIND;

/**
 * Takes steps until the rows are at the head. Each step runs while no append is written, so the one that finds at most
 * as many events as it may reduce is the last.
 */
export async function stepToHead(step: (atMost: number) => Promise<CaughtUp>): Promise<Position> {
  let [nearest, failures] = [Infinity, 0];
  for (;;) {
    const { checkpoint, head } = await step(failures < PATIENCE ? MOST_BEHIND : LARGER);
    if (checkpoint === head) return checkpoint;
    const behind = Number(ordinalOf(head) - ordinalOf(checkpoint));
    failures = behind < nearest ? 0 : failures + 1;
    nearest = Math.min(nearest, behind);
    await yieldToLoop();
  }
}
