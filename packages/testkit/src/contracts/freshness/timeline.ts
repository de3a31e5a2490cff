/**
 * A value of a stream's row, and when the row could have it: from sending its write until the next write was
 * acknowledged.
 */
interface Held {
  readonly value: number;
  readonly from: number;
  until: number;
}

/** The values of one stream's row over time, as its writers know them. Each value is unique. */
export class Timeline {
  #values: Held[] = [{ value: 0, from: -Infinity, until: Infinity }];

  /** The newest value: written, restored, or being written now. Only one write runs at a time. */
  get latest(): number {
    return this.#values.at(-1)?.value ?? 0;
  }

  /** Records that the write of a value is being sent. Call the returned function with the outcome. */
  begin(value: number): (outcome: 'written' | 'not-written') => void {
    const [before, held] = [this.#values.at(-1), { value, from: performance.now(), until: Infinity }];
    this.#values.push(held);
    return (outcome) => {
      if (outcome === 'not-written') this.#values = this.#values.filter((each) => each !== held);
      else if (before !== undefined) before.until = performance.now();
    };
  }

  /** Records a completed restore to a point at which the row had `value`; `from` is when the restore began. */
  restore(value: number, from: number): void {
    const now = performance.now();
    for (const held of this.#values) held.until = Math.min(held.until, now);
    this.#values.push({ value, from, until: Infinity });
  }

  /** Whether the row could have this value at some time between the two. */
  wasHeld(value: number, after: number, before: number): boolean {
    return this.#values.some((held) => held.value === value && held.until >= after && held.from <= before);
  }
}
