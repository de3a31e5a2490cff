import { fullParts, largestPower, RightEdge, type LeafRange } from './right-edge.js';
import { nodeHash, type TreeHash } from './tree-hash.js';

/** The parts of a tree whose roots prove that a leaf is in it, from the leaf's neighbour up (RFC 6962 §2.1.1). */
export function inclusionParts(index: number, size: number): readonly LeafRange[] {
  if (!(index >= 0 && index < size)) throw new RangeError(`A tree of ${size} leaves has no leaf ${index}.`);
  return besides({ from: index, to: index + 1 }, size);
}

/**
 * The parts of a tree whose roots prove that a smaller tree is its beginning (RFC 6962 §2.1.2). None where the smaller
 * one is empty, or as large.
 */
export function consistencyParts(older: number, newer: number): readonly LeafRange[] {
  if (!(older >= 0 && older <= newer)) throw new RangeError(`A tree of ${newer} leaves has no beginning of ${older}.`);
  const last = fullParts(older).at(-1);
  if (last === undefined || older === newer) return [];
  // The prover leaves out the root that the verifier has: where the smaller tree is one full part.
  return last.from === 0 ? besides(last, newer) : [last, ...besides(last, newer)];
}

/** The neighbours of a part on the way up to the root, the lowest first. */
function besides({ from, to }: LeafRange, size: number): readonly LeafRange[] {
  const neighbours: LeafRange[] = [];
  let within: LeafRange = { from: 0, to: size };
  while (within.from !== from || within.to !== to) {
    const middle = within.from + largestPower(within.to - within.from - 1);
    const [left, right] = [
      { from: within.from, to: middle },
      { from: middle, to: within.to },
    ];
    const isLeft = to <= middle;
    neighbours.push(isLeft ? right : left);
    within = isLeft ? left : right;
  }
  return neighbours.toReversed();
}

/** Computes the roots of parts that don't overlap, in one pass over the leaves. */
export class PartHasher {
  readonly #parts: readonly LeafRange[];
  readonly #edges: ReadonlyMap<LeafRange, RightEdge>;
  readonly #inOrder: LeafRange[];
  #next: number;

  /** With the number of the first leaf that is added. */
  constructor(parts: readonly LeafRange[], first = 0) {
    this.#next = first;
    this.#parts = parts;
    this.#edges = new Map(parts.map((part) => [part, new RightEdge()]));
    this.#inOrder = parts.toSorted((one, other) => one.from - other.from);
  }

  /** Adds the next leaf of the tree. */
  add(leaf: TreeHash): void {
    const [part] = this.#inOrder;
    if (part !== undefined && this.#next >= part.from) {
      this.#edges.get(part)?.add(leaf);
      if (this.#next === part.to - 1) this.#inOrder.shift();
    }
    this.#next += 1;
  }

  /** The roots, in the order in which the parts were given; `undefined` while leaves are missing. */
  roots(): readonly TreeHash[] | undefined {
    if (this.#inOrder.length > 0) return undefined;
    return this.#parts.flatMap((part) => this.#edges.get(part)?.root() ?? []);
  }
}

/** An inclusion proof, and what it is about. */
export interface InclusionProof {
  readonly leaf: TreeHash;
  readonly index: number;
  readonly size: number;
  readonly hashes: readonly TreeHash[];
}

/** The root that an inclusion proof leads to; `undefined` where it is not a proof of that leaf in a tree of that size. */
export function rootOfInclusion({ leaf, index, size, hashes }: InclusionProof): TreeHash | undefined {
  if (!(index >= 0 && index < size)) return undefined;
  const parts = inclusionParts(index, size);
  if (parts.length !== hashes.length) return undefined;
  let root = leaf;
  for (const [at, { from }] of parts.entries()) {
    const beside = hashes[at] ?? leaf;
    root = from > index ? nodeHash(root, beside) : nodeHash(beside, root);
  }
  return root;
}

/** The size and the root of a tree. */
export interface SizedRoot {
  readonly size: number;
  readonly root: TreeHash;
}

/** Whether a consistency proof shows that the older tree is the beginning of the newer one. */
export function isConsistent(older: SizedRoot, newer: SizedRoot, hashes: readonly TreeHash[]): boolean {
  if (older.size > newer.size) return false;
  if (older.size === newer.size) return hashes.length === 0 && older.root === newer.root;
  const parts = consistencyParts(older.size, newer.size);
  if (parts.length !== hashes.length) return false;
  if (older.size === 0) return true;
  const [last] = fullParts(older.size).slice(-1);
  const path = parts.map(({ from }, at) => ({ from, hash: hashes[at] ?? older.root }));
  // Where the smaller tree is one full part, its root begins the path instead of the proof's first hash.
  const first = last?.from === 0 ? older.root : (path.shift()?.hash ?? older.root);
  let [oldRoot, newRoot] = [first, first];
  for (const { from, hash } of path) {
    if (from >= older.size) newRoot = nodeHash(newRoot, hash);
    else [oldRoot, newRoot] = [nodeHash(hash, oldRoot), nodeHash(hash, newRoot)];
  }
  return oldRoot === older.root && newRoot === newer.root;
}
