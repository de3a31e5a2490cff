/** The answers of a port that go on until their client, or the end of the port, ends them. */
export class LastingAnswers {
  readonly #endings = new Set<() => void>();
  #isEnding = false;

  /** An answer was begun; `end` is called when it has to end. Gives back what is called once it has ended. */
  begun(end: () => void): () => void {
    this.#endings.add(end);
    // Whoever begins an answer has it in hand only once this has returned.
    if (this.#isEnding) queueMicrotask(end);
    return () => {
      this.#endings.delete(end);
    };
  }

  /** Ends them all, and each that is begun from now on. */
  end(): void {
    this.#isEnding = true;
    for (const end of this.#endings) end();
  }
}
