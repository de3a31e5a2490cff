/** How long a proof is, and by which chances. */
export interface Course {
  readonly rounds: number;
  readonly seed: number;
}

/** A promise at length: it throws where the promise does not hold, and says what it has seen where it does. */
export interface Proof {
  readonly name: string;
  /** What is promised, as a sentence. */
  readonly promise: string;
  /** How many rounds CI runs. */
  readonly rounds: number;
  /** @throws Error that says what was seen instead. */
  prove(course: Course): Promise<Readonly<Record<string, number>>>;
}

/** Numbers from 0 up to 1, the same for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
