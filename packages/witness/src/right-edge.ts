import { EMPTY_ROOT, nodeHash, type TreeHash } from './tree-hash.js';

/**
 * The right edge of a growing tree: the roots of its full parts, the largest first. It is all that is needed to add
 * leaves and to compute the root, and has at most 53 hashes.
 */
export class RightEdge {
  #size: number;
  readonly #hashes: TreeHash[];

  /** @throws RangeError when a tree of this size has another number of full parts. */
  constructor(size = 0, hashes: readonly TreeHash[] = []) {
    if (!Number.isSafeInteger(size) || size < 0)
      throw new RangeError(`A tree has a whole number of leaves, not ${size}.`);
    const parts = fullParts(size).length;
    if (hashes.length !== parts)
      throw new RangeError(`The right edge of ${size} leaves has ${parts} hashes, not ${hashes.length}.`);
    this.#size = size;
    this.#hashes = [...hashes];
  }

  /** The number of leaves. */
  get size(): number {
    return this.#size;
  }

  /** The roots of the full parts, as they are now. */
  get hashes(): readonly TreeHash[] {
    return [...this.#hashes];
  }

  /** Adds a leaf by its hash. */
  add(leaf: TreeHash): void {
    let added = leaf;
    for (let rest = this.#size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      const left = this.#hashes.pop();
      if (left !== undefined) added = nodeHash(left, added);
    }
    this.#hashes.push(added);
    this.#size += 1;
  }

  /** The root of the tree (RFC 6962 §2.1). */
  root(): TreeHash {
    const [last = EMPTY_ROOT, ...others] = this.#hashes.toReversed();
    return others.reduce((right, left) => nodeHash(left, right), last);
  }
}

/** A run of leaves: from the first one to before the last one, counted from 0. */
export interface LeafRange {
  readonly from: number;
  readonly to: number;
}

/** The full parts of a tree: as many leaves as a power of two each, the largest first. */
export function fullParts(size: number): readonly LeafRange[] {
  const parts: LeafRange[] = [];
  for (let from = 0; from < size;) {
    const to = from + largestPower(size - from);
    parts.push({ from, to });
    from = to;
  }
  return parts;
}

/** The largest power of two that is not larger. Exact for each safe integer, which a logarithm is not. */
export function largestPower(most: number): number {
  let power = 1;
  while (power * 2 <= most) power *= 2;
  return power;
}
