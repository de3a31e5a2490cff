/** A value that a stream's row had, and when: from when its write was sent until the one after it was acknowledged. */
interface Held {
  readonly value: number;
  readonly from: number;
  until: number;
}

/** What one stream's row was at which time, as those know who wrote it. No value comes twice. */
export class Timeline {
  #values: Held[] = [{ value: 0, from: -Infinity, until: Infinity }];

  /** The value that was acknowledged last. */
  get latest(): number {
    return this.#values.at(-1)?.value ?? 0;
  }

  /** A write of this value is sent now. To be told what became of it. */
  begin(value: number): (outcome: 'written' | 'not-written') => void {
    const [before, held] = [this.#values.at(-1), { value, from: performance.now(), until: Infinity }];
    this.#values.push(held);
    return (outcome) => {
      const ended = outcome === 'written' ? before : held;
      if (ended !== undefined) ended.until = performance.now();
      if (outcome === 'not-written') this.#values = this.#values.filter((each) => each !== held);
    };
  }

  /** The log is put back to what it was when the row had this value; called once that is done. */
  restore(value: number, from: number): void {
    const now = performance.now();
    for (const held of this.#values) held.until = Math.min(held.until, now);
    this.#values.push({ value, from, until: Infinity });
  }

  /** Whether the row had this value at some moment between the two. */
  wasHeld(value: number, after: number, before: number): boolean {
    return this.#values.some((held) => held.value === value && held.until >= after && held.from <= before);
  }
}
