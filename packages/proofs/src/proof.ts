/** The length and the seed of a proof. */
export interface ProofOptions {
  readonly rounds: number;
  readonly seed: number;
}

/** A promise, and how to prove it. */
export interface Proof {
  readonly name: string;
  /** The promise, as a sentence. */
  readonly promise: string;
  /** The number of rounds in CI. */
  readonly rounds: number;
  /** Returns numbers of what was tried, for the log. @throws Error when the promise does not hold. */
  prove(options: ProofOptions): Promise<Readonly<Record<string, number>>>;
}

/** Random numbers from 0 to 1, exclusive; the same for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
