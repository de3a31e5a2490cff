interface Entry<Value> {
  readonly value: Value;
  readonly weight: number;
  /** Since it was last considered for being forgotten. */
  isUsed: boolean;
}

/**
 * Remembers what was used lately, up to a weight in all. What is forgotten is only slower: the caller can make it again. Of those
 * that were not used since they were last considered, the oldest goes first ("second chance"): a use moves nothing.
 *
 * One for the whole library: a cache that counts entries only lets few large ones fill the memory.
 */
export class Lru<Key, Value> {
  readonly #capacity: number;
  readonly #weightOf: (value: Value) => number;
  /** In the order in which they were set, or last considered. */
  readonly #entries = new Map<Key, Entry<Value>>();
  #weight = 0;

  /** @throws RangeError when the capacity is not a whole number from 0 on. */
  constructor(capacity: number, weightOf: (value: Value) => number = () => 1) {
    if (!Number.isInteger(capacity) || capacity < 0) {
      throw new RangeError(`a capacity is a whole number from 0 on, not ${capacity}`);
    }
    this.#capacity = capacity;
    this.#weightOf = weightOf;
  }

  /** What is remembered under the key, which is used by that. */
  get(key: Key): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    entry.isUsed = true;
    return entry.value;
  }

  /** Whether something is remembered under the key, which is not used by that. */
  has(key: Key): boolean {
    return this.#entries.has(key);
  }

  /** Remembers a value under a key, with the weight it has now. */
  set(key: Key, value: Value): void {
    this.delete(key);
    const weight = this.#weightOf(value);
    if (weight > this.#capacity) return;
    this.#makeRoomFor(weight);
    this.#entries.set(key, { value, weight, isUsed: false });
    this.#weight += weight;
  }

  /** Forgets it, if it was there. */
  delete(key: Key): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#weight -= entry.weight;
  }

  /** Forgets all. */
  clear(): void {
    this.#entries.clear();
    this.#weight = 0;
  }

  #makeRoomFor(weight: number): void {
    // What is set again while this goes on is met again at the end.
    for (const [key, entry] of this.#entries) {
      if (this.#weight + weight <= this.#capacity) return;
      this.#entries.delete(key);
      if (entry.isUsed) this.#entries.set(key, { ...entry, isUsed: false });
      else this.#weight -= entry.weight;
    }
  }
}
