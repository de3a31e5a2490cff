/** A value of a row, and the period in which a read may return it. Times are by `performance.now()`. */
interface Period {
  readonly value: number;
  /** When the write of the value was sent; after a restore, when the restore began. */
  readonly from: number;
  /** When the next write was acknowledged, or a restore was complete. `Infinity` for the newest value. */
  until: number;
}

/**
 * The values that were written to one row, each with the period in which a read may return it. A freshness test notes
 * its writes here and checks what it reads. Each value is written once, and only one write runs at a time.
 */
export class Timeline {
  #periods: Period[] = [{ value: 0, from: -Infinity, until: Infinity }];

  /** The newest value: written, restored, or being written. */
  get latest(): number {
    return this.#periods.at(-1)?.value ?? 0;
  }

  /** Notes that a write begins. Call the returned function with its outcome. */
  beginWrite(value: number): (outcome: 'written' | 'not-written') => void {
    const before = this.#periods.at(-1);
    const period: Period = { value, from: performance.now(), until: Infinity };
    this.#periods.push(period);
    return (outcome) => {
      if (outcome === 'not-written') this.#periods = this.#periods.filter((each) => each !== period);
      else if (before !== undefined) before.until = performance.now();
    };
  }

  /** Notes that a backup was restored, which gave the row this value. Called when the restore is complete. */
  noteRestored(value: number, beganAt: number): void {
    const now = performance.now();
    for (const period of this.#periods) period.until = Math.min(period.until, now);
    this.#periods.push({ value, from: beganAt, until: Infinity });
  }

  /** Whether a read that began and ended at these times may return this value. */
  isPossible(value: number, beganAt: number, endedAt: number): boolean {
    return this.#periods.some((period) => period.value === value && period.until >= beganAt && period.from <= endedAt);
  }

  /** The latest periods as text, with times relative to now. For the message of a failed check. */
  toString(): string {
    const now = performance.now();
    const periods = this.#periods.slice(-6);
    return periods.map(({ value, from, until }) => `${value} from ${fromNow(from)} until ${fromNow(until)}`).join(', ');

    function fromNow(time: number): string {
      if (Number.isFinite(time)) return `${(time - now).toFixed(0)} ms`;
      return time < 0 ? 'the beginning' : 'the end';
    }
  }
}
