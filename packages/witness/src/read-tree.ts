import type { EventStore, Position, RecordedEvent } from '@login-policy/event-sourcing';
import { leafOf } from './leaf.js';
import { fullParts, RightEdge } from './right-edge.js';
import type { TreeHead } from './tree-head.js';
import { leafHash, type TreeHash } from './tree-hash.js';

/** What a log is read from. */
export type ReadableLog = Pick<EventStore, 'readAll'>;

/** A tree head that a log is compared with. With its right edge, a difference is found in a part of the log. */
export interface ExpectedTreeHead extends Pick<TreeHead, 'size' | 'root'> {
  /** The right edge of its tree, in base64. */
  readonly edge?: readonly string[];
}

/** The log does not contain the history of a tree head. */
export type Difference =
  | {
      readonly outcome: 'shorter';
      /** The number of events in the log. */
      readonly size: number;
      /** How many events the tree head has more. */
      readonly by: number;
      /** So many events, from the first on, are shown to be the same. */
      readonly matching: number;
    }
  | {
      readonly outcome: 'differs';
      /** So many events, from the first on, are shown to be the same. */
      readonly matching: number;
      /** The first event that differs is at most the event of this number, from 1. */
      readonly within: number;
    };

/** How a log is read as a tree. */
export interface ReadTreeOptions {
  /** Where to read on. Default: from the first event. */
  readonly from?: { readonly edge: RightEdge; readonly position: Position };
  /** Tree heads that the log must contain, larger than what is read on from. */
  readonly expected?: readonly ExpectedTreeHead[];
  /** The hashes of all leaves of the largest of them. */
  readonly leaves?: readonly TreeHash[];
  readonly signal?: AbortSignal | undefined;
  /** Is told of each leaf. */
  readonly onLeaf?: (leaf: TreeHash, event: RecordedEvent) => void;
}

/** The tree of a log. */
export interface ReadTree {
  readonly edge: RightEdge;
  /** The position of its last event; `undefined` without one. */
  readonly position: Position | undefined;
  readonly difference: Difference | undefined;
}

/**
 * Reads a log to its end as a tree, in constant memory, and compares it with tree heads.
 *
 * @throws Fault as the store does, and with the code `unreadable-event` at half an append.
 */
export async function readTree(log: ReadableLog, options: ReadTreeOptions): Promise<ReadTree> {
  const { from, signal, onLeaf } = options;
  const edge = from?.edge ?? new RightEdge();
  const comparison = new Comparison(edge, options);
  let position = from?.position;
  for await (const page of log.readAll({
    pageSize: 1000,
    ...(position !== undefined && { after: position }),
    signal,
  })) {
    for (const event of page) {
      const leaf = leafHash(leafOf(event));
      onLeaf?.(leaf, event);
      comparison.add(leaf);
    }
    position = page.at(-1)?.position ?? position;
  }
  signal?.throwIfAborted();
  return { edge, position, difference: comparison.end() };
}

/** Compares a growing tree with the tree heads that it must contain. */
class Comparison {
  readonly #edge: RightEdge;
  readonly #expected: ExpectedTreeHead[];
  readonly #leaves: readonly TreeHash[] | undefined;
  #matching: number;
  #difference: Difference | undefined;

  constructor(edge: RightEdge, { expected = [], leaves }: ReadTreeOptions) {
    this.#edge = edge;
    this.#expected = expected.toSorted((one, other) => one.size - other.size);
    this.#leaves = leaves;
    this.#matching = edge.size;
    this.#compare();
  }

  add(leaf: TreeHash): void {
    const at = this.#edge.size;
    this.#edge.add(leaf);
    const known = this.#leaves?.[at];
    if (known !== undefined && this.#difference === undefined) {
      if (known === leaf) this.#matching = at + 1;
      else this.#difference = { outcome: 'differs', matching: at, within: at + 1 };
    }
    this.#compare();
  }

  /** The first difference. */
  end(): Difference | undefined {
    const missing = this.#expected.at(-1);
    if (missing === undefined) return this.#difference;
    for (const one of this.#expected) this.#compareParts(one);
    const { size } = this.#edge;
    return this.#difference ?? { outcome: 'shorter', size, by: missing.size - size, matching: this.#matching };
  }

  #compare(): void {
    for (let [next] = this.#expected; next?.size === this.#edge.size; [next] = this.#expected) {
      this.#expected.shift();
      if (this.#edge.root() === next.root) this.#matching = next.size;
      else this.#compareParts(next);
    }
  }

  /** Compares the full parts that both trees have: the first that differs holds the first difference. */
  #compareParts({ size, edge = [] }: ExpectedTreeHead): void {
    if (this.#difference !== undefined) return;
    const own = fullParts(this.#edge.size);
    for (const [at, { from, to }] of fullParts(size).entries()) {
      const [known, hash] = [edge[at], this.#edge.hashes[at]];
      if (own[at]?.from !== from || own[at].to !== to || known === undefined || hash === undefined) break;
      if (hash === known) this.#matching = Math.max(this.#matching, to);
      else {
        this.#difference = { outcome: 'differs', matching: this.#matching, within: to };
        return;
      }
    }
    if (this.#edge.size >= size) this.#difference = { outcome: 'differs', matching: this.#matching, within: size };
  }
}
