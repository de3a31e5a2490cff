interface Entry<Value> {
  readonly value: Value;
  readonly weight: number;
}

/**
 * Remembers what was used last, up to a weight in all. What is forgotten is only slower: whoever asks can make it again.
 *
 * One for the whole library: a cache that counts entries only lets few large ones fill the memory.
 */
export class Lru<Key, Value> {
  readonly #capacity: number;
  readonly #weightOf: (value: Value) => number;
  /** In the order of their last use: a `Map` keeps the order in which keys were set. */
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

  get(key: Key): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** Remembers a value under a key, with the weight it has now. */
  set(key: Key, value: Value): void {
    this.delete(key);
    const weight = this.#weightOf(value);
    this.#entries.set(key, { value, weight });
    this.#weight += weight;
    for (const oldest of this.#entries.keys()) {
      if (this.#weight <= this.#capacity) return;
      this.delete(oldest);
    }
  }

  delete(key: Key): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#weight -= entry.weight;
  }

  clear(): void {
    this.#entries.clear();
    this.#weight = 0;
  }
}
