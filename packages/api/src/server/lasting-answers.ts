/** The answers of a port that go on until their client, or the end of the port, ends them. */
export class LastingAnswers {
  /** What ends them, by the connection they go out on. */
  readonly #endings = new Map<object, Set<() => void>>();
  #isEnding = false;

  /** An answer was begun; `end` is called when it has to end. Gives back what is called once it has ended. */
  begun(connection: object, end: () => void): () => void {
    const others = this.#endings.get(connection) ?? new Set();
    this.#endings.set(connection, others.add(end));
    // Whoever begins an answer has it in hand only once this has returned.
    if (this.#isEnding) queueMicrotask(end);
    return () => {
      others.delete(end);
      if (others.size === 0) this.#endings.delete(connection);
    };
  }

  /** Whether one goes out on a connection. */
  isOn(connection: object): boolean {
    return this.#endings.has(connection);
  }

  /** Ends them all, and each that is begun from now on. */
  end(): void {
    this.#isEnding = true;
    for (const ends of this.#endings.values()) for (const end of ends) end();
  }
}
