/** How many may wait for their turn. */
export interface Room {
  /** Of one source. */
  readonly ofOne: number;
  /** Of all sources together. */
  readonly ofAll: number;
}

/**
 * Gives turns, one at a time. The sources take turns, each in the order it came, so that how long one waits depends on how many
 * sources there are, and not on how much any of them asks for.
 */
export class FairLine {
  readonly #room: Room;
  /** By source, the one whose turn is next first. */
  readonly #waiting = new Map<string, readonly (() => void)[]>();
  #count = 0;
  #isTaken = false;

  constructor(room: Room) {
    this.#room = room;
  }

  /** Whether all sources together leave room for one more. */
  get isFull(): boolean {
    return this.#count >= this.#room.ofAll;
  }

  /** Whether a source has as many waiting as one may have. */
  isFullOf(source: string): boolean {
    return (this.#waiting.get(source)?.length ?? 0) >= this.#room.ofOne;
  }

  /** Resolves when it is the source's turn. Each turn is given back with {@link leave}. */
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

  /** Gives a turn back, to the next source if any waits. */
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
