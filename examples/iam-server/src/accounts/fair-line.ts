/** The most waiters of one source, and of all sources. */
export interface Room {
  /** The most waiters of one source. */
  readonly ofOne: number;
  /** The most waiters of all sources together. */
  readonly ofAll: number;
}

/**
 * A fair queue that serves one waiter at a time. The sources alternate, each in order of arrival, so that a waiting
 * time depends on the number of sources and not on how much one of them asks for.
 */
export class FairLine {
  readonly #room: Room;
  /** By source; the next one to be served is first. */
  readonly #waiting = new Map<string, readonly (() => void)[]>();
  #count = 0;
  #isTaken = false;

  constructor(room: Room) {
    this.#room = room;
  }

  /** Whether there is room for one more waiter. */
  get isFull(): boolean {
    return this.#count >= this.#room.ofAll;
  }

  /** Whether a source has reached its limit of waiters. */
  isFullOf(source: string): boolean {
    return (this.#waiting.get(source)?.length ?? 0) >= this.#room.ofOne;
  }

  /** Resolves when it is the source's turn. The caller must {@link leave} afterwards. */
  async enter(source: string): Promise<void> {
    if (!this.#isTaken) {
      this.#isTaken = true;
      return;
    }
    this.#count++;
    await new Promise<void>((resolve) => {
      this.#waiting.set(source, [...(this.#waiting.get(source) ?? []), resolve]);
    });
  }

  /** Ends a turn and serves the next source. */
  leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#isTaken = false;
      return;
    }
    const [source, [begin, ...others]] = next;
    this.#count--;
    this.#waiting.delete(source);
    if (others.length > 0) this.#waiting.set(source, others);
    begin?.();
  }
}
