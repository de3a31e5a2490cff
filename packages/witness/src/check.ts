import { type OptionRules, type RecordedEvent, rule } from '@login-policy/event-sourcing';
import { UnrecordedErasures } from './erase.js';
import { optionsOnLog, texts, treeHeads as listOfTreeHeads } from './input.js';
import { readTree, type Difference, type ExpectedTreeHead, type ReadableLog } from './read-tree.js';
import { RightEdge } from './right-edge.js';
import { parseHash, type TreeHash } from './tree-hash.js';

/** How a log is checked. */
export interface CheckOptions {
  /** Tree heads of this log, at least one: more of them, or their right edges, say more exactly where it differs. */
  readonly treeHeads: readonly ExpectedTreeHead[];
  /** The hashes of all leaves of the largest tree head, in base64: they name the first event that differs. */
  readonly leaves?: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

const RULES: OptionRules<CheckOptions> = {
  treeHeads: listOfTreeHeads,
  leaves: rule.leftOutOr(texts),
  signal: rule.optional(rule.aSignal),
};

/** Whether a log still contains the history of all tree heads. */
export type CheckAnswer =
  | {
      readonly outcome: 'contained';
      /** The number of events in the log now. */
      readonly size: number;
      /** The ids of events whose texts were erased, and no event says so. */
      readonly erasedUnrecorded: readonly string[];
    }
  | Difference;

/**
 * Reads the whole log, and says whether it still contains the history of tree heads, and otherwise where it first
 * differs.
 *
 * @throws RangeError that names a wrong option; when there is no tree head, or an edge or the leaves are not those of their tree head.
 * @throws Fault as the store does.
 */
export async function checkLog(log: ReadableLog, options: CheckOptions): Promise<CheckAnswer> {
  const { treeHeads, leaves, signal } = optionsOnLog(log, options, 'checkLog', RULES);
  if (treeHeads.length === 0) throw new RangeError('treeHeads: name at least one.');
  for (const { edge, root, size } of treeHeads) {
    if (edge !== undefined && rootOf(size, edge) !== root)
      throw new RangeError('edge: it does not belong to its tree head.');
  }
  if (leaves !== undefined) demandLeavesOf(treeHeads, leaves);
  const erasures = new UnrecordedErasures();
  const onLeaf = (_: TreeHash, event: RecordedEvent): void => erasures.add(event);
  const { edge, difference } = await readTree(log, { expected: treeHeads, signal, onLeaf, ...(leaves && { leaves }) });
  return difference ?? { outcome: 'contained', size: edge.size, erasedUnrecorded: erasures.eventIds };
}

function rootOf(size: number, edge: readonly string[]): string {
  return new RightEdge(size, edge.map(parseHash)).root();
}

function demandLeavesOf(treeHeads: readonly ExpectedTreeHead[], leaves: readonly string[]): void {
  const [largest] = treeHeads.toSorted((one, other) => other.size - one.size);
  const edge = new RightEdge();
  for (const leaf of leaves) edge.add(parseHash(leaf));
  if (edge.size !== largest?.size || edge.root() !== largest.root)
    throw new RangeError('leaves: they are not those of the largest tree head.');
}
