/** Runs tasks under one key one after another, in the order they came; tasks under different keys run side by side. */
export class KeyedQueue<Key> {
  /** Under each key that is busy, those who wait for it. */
  readonly #busy = new Map<Key, (() => void)[]>();

  /** Answers as the task does, once all tasks that came before it under this key are done, however they ended. */
  async run<Result>(key: Key, task: () => Promise<Result>): Promise<Result> {
    const waiting = this.#busy.get(key);
    if (waiting === undefined) this.#busy.set(key, []);
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = this.#busy.get(key)?.shift();
      if (next === undefined) this.#busy.delete(key);
      else next();
    }
  }
}
