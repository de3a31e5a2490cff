import type { FoundConsumer } from './consumer-backend.js';

/** A record and its holder's beat have to stand still for so long before the turn is taken from it. */
export const LEASE_MS = 3000;
/** Between two looks. */
export const BEAT_MS = 750;

/**
 * Notices that nobody works: by what it sees, and by this process's own steady time. So no clocks are compared, and one that jumps
 * changes nothing.
 */
export class StandingBy {
  #seen: FoundConsumer | undefined;
  #since = 0;
  #lookedAt = -Infinity;

  /** Whether the turn may be taken: nobody has it, or who has it says nothing any more. */
  isFree(found: FoundConsumer | undefined, now: number): boolean {
    // Who was asleep has not seen what went on meanwhile.
    const isAwake = now - this.#lookedAt < LEASE_MS;
    this.#lookedAt = now;
    if (found?.holder === undefined) return true;
    if (!isAwake || !isSame(found, this.#seen)) {
      this.#seen = found;
      this.#since = now;
    }
    return now - this.#since >= LEASE_MS;
  }
}

function isSame(one: FoundConsumer, other: FoundConsumer | undefined): boolean {
  return one.version === other?.version && one.beat === other.beat;
}
