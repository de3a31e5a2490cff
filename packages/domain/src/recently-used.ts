/**
 * Remembers at most so many values: those that were asked for last. What has not been asked for while as many others were is
 * forgotten.
 *
 * In two halves, so that asking for what is there writes nothing: when the newer half is full it becomes the older, and the
 * older is forgotten but for what is asked for meanwhile.
 */
export class RecentlyUsed<Key, Value> {
  readonly #half: number;
  #newer: Map<Key, Value> = new Map();
  #older: Map<Key, Value> = new Map();

  constructor(most: number) {
    this.#half = Math.max(1, Math.floor(most / 2));
  }

  get(key: Key): Value | undefined {
    const known = this.#newer.get(key);
    if (known !== undefined) return known;
    const older = this.#older.get(key);
    if (older !== undefined) this.set(key, older);
    return older;
  }

  set(key: Key, value: Value): void {
    if (this.#newer.size >= this.#half) {
      this.#older = this.#newer;
      this.#newer = new Map();
    }
    this.#newer.set(key, value);
  }
}
