import type { FoundConsumer } from './consumer-backend.js';

/** A lease expires when its record and its holder's heartbeat have not changed for this long. */
export const LEASE_MS = 3000;
/** The pause between two polls. */
export const BEAT_MS = 750;

/**
 * Notices that no process works, by what it polls and this process's monotonic clock. No wall clocks are compared, so a
 * clock that jumps changes nothing.
 */
export class StandingBy {
  #seen: FoundConsumer | undefined;
  #since = 0;
  #lookedAt = -Infinity;

  /** Whether the lease is free: no process holds it, or its holder sends no heartbeat any more. */
  isFree(found: FoundConsumer | undefined, now: number): boolean {
    // A process that was suspended did not see the heartbeats sent meanwhile.
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
