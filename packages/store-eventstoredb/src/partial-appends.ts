import type { Position } from '@login-policy/event-sourcing';
import { Lru } from '@login-policy/event-sourcing/values';

/**
 * Appends of which only the first events are in the log. A server may return an append like this for some milliseconds.
 * If the rest is missing for `stallMs`, it is regarded as cut off: a program that copies events has stopped half-way.
 */
export class PartialAppends {
  readonly #stallMs: number;
  readonly #incompleteSince = new Lru<Position, number>(1000);

  constructor(stallMs: number) {
    this.#stallMs = stallMs;
  }

  /**
   * Whether the append that begins with this event is cut off. Call it when the append is incomplete at the end of the
   * log. The first call starts the time.
   */
  isCutOff(first: Position): boolean {
    const since = this.#incompleteSince.get(first);
    if (since === undefined) this.#incompleteSince.set(first, performance.now());
    return since !== undefined && performance.now() - since >= this.#stallMs;
  }
}
