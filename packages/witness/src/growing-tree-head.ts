import { isFault, type OptionRules, parsePosition, positionToString, rule } from '@login-policy/event-sourcing';
import { aSigner, aTreeHead, optionsOnLog } from './input.js';
import type { Signer } from './keys.js';
import {
  readTree,
  type Difference,
  type ExpectedTreeHead,
  type ReadableLog,
  type ReadTree,
  type ReadTreeOptions,
} from './read-tree.js';
import { RightEdge } from './right-edge.js';
import { signTreeHead, type TreeHead } from './tree-head.js';
import { parseHash, type TreeHash } from './tree-hash.js';

/** A tree head with what it takes to read on from it, instead of from the first event. */
export interface GrowingTreeHead extends TreeHead {
  /** The right edge of its tree: the roots of its full parts, in base64, at most 53. */
  readonly edge: readonly string[];
  /** The position of its last event in this store; absent for an empty log. */
  readonly position?: string;
}

/** How a tree head is made. */
export interface TreeHeadOptions {
  readonly signer: Signer;
  /**
   * The tree head before. With its edge the log is read on from there; without one, or where its position is not one of
   * this store's, as in a copy, it is read from the first event and compared with it.
   */
  readonly previous?: TreeHead | GrowingTreeHead;
  /** Is told of the hash of each leaf that is read, in base64, in order. */
  readonly onLeaf?: (leaf: string) => void;
  readonly signal?: AbortSignal | undefined;
}

const RULES: OptionRules<TreeHeadOptions> = {
  signer: aSigner,
  previous: rule.leftOutOr(aTreeHead),
  onLeaf: rule.optional(rule.aFunction),
  signal: rule.optional(rule.aSignal),
};

/** A new tree head, or why none was signed: the log does not contain the history of the one before. */
export type TreeHeadAnswer = { readonly outcome: 'signed'; readonly treeHead: GrowingTreeHead } | Difference;

/**
 * Signs a tree head of the log as it is now, in constant memory.
 *
 * @throws RangeError that names a wrong option: `previous` may be left out, and not be undefined by mistake.
 * @throws Fault as the store does, and with the code `unreadable-event` at half an append: nothing is signed then.
 */
export async function treeHead(log: ReadableLog, given: TreeHeadOptions): Promise<TreeHeadAnswer> {
  const options = optionsOnLog(log, given, 'treeHead', RULES);
  const { edge, position, difference } = await readOn(log, options);
  if (difference !== undefined) return difference;
  const signed = await signTreeHead(options.signer, { size: edge.size, root: edge.root() });
  const growing = { ...signed, edge: edge.hashes };
  return {
    outcome: 'signed',
    treeHead: position === undefined ? growing : { ...growing, position: positionToString(position) },
  };
}

async function readOn(log: ReadableLog, { previous, onLeaf, signal }: TreeHeadOptions): Promise<ReadTree> {
  const common = { signal, ...(onLeaf && { onLeaf: (leaf: TreeHash) => onLeaf(leaf) }) };
  const from = previous && startAfter(previous);
  if (from !== undefined) {
    try {
      return await readTree(log, { ...common, from });
    } catch (caught) {
      if (!isFault(caught, 'position-unknown')) throw caught;
    }
  }
  return readTree(log, { ...common, expected: previous === undefined ? [] : [previous satisfies ExpectedTreeHead] });
}

/**
 * Where to read on from a tree head; `undefined` without its edge.
 *
 * @throws RangeError when the edge is of another tree.
 */
export function startAfter(previous: TreeHead | GrowingTreeHead): ReadTreeOptions['from'] {
  if (!('edge' in previous) || previous.position === undefined) return undefined;
  const { edge, position, root, size } = previous;
  const rightEdge = new RightEdge(size, edge.map(parseHash));
  // The root is signed, and its edge is not.
  if (rightEdge.root() !== root) throw new RangeError('edge: it does not belong to this tree head.');
  return { edge: rightEdge, position: parsePosition(position) };
}
