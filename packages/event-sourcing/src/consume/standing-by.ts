import type { FoundConsumer } from './consumer-backend.js';

/** A lease expires when its record and its holder's heartbeat have not changed for so many pauses between two polls. */
const BEATS_OF_A_LEASE = 4;
/** The pause between two polls, where a backend does not say. */
const BEAT_MS = 750;

/** The times of the consumers of a store, in milliseconds. */
export interface ConsumerPace {
  /** The pause between two polls. */
  readonly beatMs: number;
  /** How long a lease lasts without a heartbeat. */
  readonly leaseMs: number;
}

/** The pace for a pause between two polls. */
export function paceOf(beatMs: number = BEAT_MS): ConsumerPace {
  return { beatMs, leaseMs: BEATS_OF_A_LEASE * beatMs };
}

/**
 * Notices that no process works, by what it polls and this process's monotonic clock. No wall clocks are compared, so a
 * clock that jumps changes nothing.
 */
export class StandingBy {
  readonly #leaseMs: number;
  #seen: FoundConsumer | undefined;
  #since = 0;
  #lookedAt = -Infinity;

  constructor({ leaseMs }: ConsumerPace) {
    this.#leaseMs = leaseMs;
  }

  /** Whether the lease is free: no process holds it, or its holder sends no heartbeat any more. */
  isFree(found: FoundConsumer | undefined, now: number): boolean {
    // A process that was suspended did not see the heartbeats sent meanwhile.
    const isAwake = now - this.#lookedAt < this.#leaseMs;
    this.#lookedAt = now;
    if (found?.holder === undefined) return true;
    if (!isAwake || !isSame(found, this.#seen)) {
      this.#seen = found;
      this.#since = now;
    }
    return now - this.#since >= this.#leaseMs;
  }
}

function isSame(one: FoundConsumer, other: FoundConsumer | undefined): boolean {
  return one.version === other?.version && one.beat === other.beat;
}
