interface Entry<Value> {
  value: Value;
  readonly weight: number;
  /** Since the last eviction that looked at it. */
  isUsed: boolean;
}

/**
 * A cache of recently used values, bounded by their total weight. On eviction the oldest entry goes first, unless it
 * was used since the last eviction looked at it ("second chance"): a use moves nothing.
 *
 * The only cache of the library. It counts weight, because a few large entries would fill a cache that counts entries.
 */
export class Lru<Key, Value> {
  readonly #capacity: number;
  readonly #weightOf: ((value: Value) => number) | undefined;
  /** In the order in which they were first set, or last looked at by an eviction. */
  readonly #entries = new Map<Key, Entry<Value>>();
  #weight = 0;
  /**
   * Where the last eviction stopped, because a new iterator passes over the places of all evicted entries: 9 µs in a
   * cache of 20,000. Not kept after a removal, because a map that changes keeps its old tables for an iterator.
   */
  #oldest: IterableIterator<[Key, Entry<Value>]> | undefined;

  /** @throws RangeError when the capacity is not a whole number from 0 on. */
  constructor(capacity: number, weightOf?: (value: Value) => number) {
    if (!Number.isInteger(capacity) || capacity < 0) {
      throw new RangeError(`a capacity must be a whole number of 0 or more, not ${capacity}`);
    }
    this.#capacity = capacity;
    this.#weightOf = weightOf;
  }

  /** The value under the key. Counts as a use. */
  get(key: Key): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    entry.isUsed = true;
    return entry.value;
  }

  /** Whether there is a value under the key. Does not count as a use. */
  has(key: Key): boolean {
    return this.#entries.has(key);
  }

  /** Caches a value with its current weight. Does not count as a use. */
  set(key: Key, value: Value): void {
    const weight = this.#weightOf === undefined ? 1 : this.#weightOf(value);
    const entry = this.#entries.get(key);
    if (entry?.weight === weight) {
      // In its place: a map whose entries are removed and added is copied again and again.
      entry.value = value;
      return;
    }
    if (entry !== undefined) this.delete(key);
    if (weight > this.#capacity) return;
    if (this.#weight + weight > this.#capacity) this.#makeRoomFor(weight);
    this.#entries.set(key, { value, weight, isUsed: false });
    this.#weight += weight;
  }

  /** Removes a value, if it is there. */
  delete(key: Key): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#oldest = undefined;
    this.#weight -= entry.weight;
  }

  /** Removes all values. */
  clear(): void {
    this.#entries.clear();
    this.#oldest = undefined;
    this.#weight = 0;
  }

  #makeRoomFor(weight: number): void {
    // An entry that is set again in this loop comes up again at its end.
    while (this.#weight + weight > this.#capacity) {
      this.#oldest ??= this.#entries.entries();
      const next = this.#oldest.next();
      if (next.done === true) return;
      const [key, entry] = next.value;
      this.#entries.delete(key);
      if (entry.isUsed) this.#entries.set(key, { ...entry, isUsed: false });
      else this.#weight -= entry.weight;
    }
  }
}
