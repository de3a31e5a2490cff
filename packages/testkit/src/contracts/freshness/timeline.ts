/** A value of a stream's row, and the period in which a read may return it. Times are by `performance.now()`. */
interface Period {
  readonly value: number;
  /** When its write was sent. */
  readonly from: number;
  /** When the next write was acknowledged. */
  until: number;
}

/** The values that the writers of one stream's row have written, with their periods. Each value is unique. */
export class Timeline {
  #periods: Period[] = [{ value: 0, from: -Infinity, until: Infinity }];

  /** The newest value: written, restored, or being written. Only one write runs at a time. */
  get latest(): number {
    return this.#periods.at(-1)?.value ?? 0;
  }

  /** Call it before a value is written. Call the returned function with the outcome of the write. */
  beginWrite(value: number): (outcome: 'written' | 'not-written') => void {
    const before = this.#periods.at(-1);
    const period: Period = { value, from: performance.now(), until: Infinity };
    this.#periods.push(period);
    return (outcome) => {
      if (outcome === 'not-written') this.#periods = this.#periods.filter((each) => each !== period);
      else if (before !== undefined) before.until = performance.now();
    };
  }

  /** Call it after a restore that gave the row this value. `from` is when the restore began. */
  restore(value: number, from: number): void {
    const now = performance.now();
    for (const period of this.#periods) period.until = Math.min(period.until, now);
    this.#periods.push({ value, from, until: Infinity });
  }

  /** Whether a read between two times may return this value. */
  isPossible(value: number, began: number, ended: number): boolean {
    return this.#periods.some((period) => period.value === value && period.until >= began && period.from <= ended);
  }

  /** The latest periods, with times relative to now in milliseconds: for the message of a failed check. */
  toString(): string {
    const now = performance.now();
    const periods = this.#periods.slice(-6);
    return periods.map(({ value, from, until }) => `${value} from ${fromNow(from)} until ${fromNow(until)}`).join(', ');

    function fromNow(time: number): string {
      return Number.isFinite(time) ? `${(time - now).toFixed(0)} ms` : 'open';
    }
  }
}
