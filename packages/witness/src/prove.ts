import { type OptionRules, type RecordedEvent, rule } from '@login-policy/event-sourcing';
import { startAfter, type GrowingTreeHead } from './growing-tree-head.js';
import { aTreeHead, optionsOnLog } from './input.js';
import { leafOf, openingsOf } from './leaf.js';
import { consistencyParts, inclusionParts, PartHasher } from './proof.js';
import { formatConsistencyProof, formatEventProof } from './proof-text.js';
import { readTree, type Difference, type ReadableLog, type ReadTreeOptions } from './read-tree.js';
import { fullParts, type LeafRange } from './right-edge.js';
import type { TreeHead } from './tree-head.js';
import type { TreeHash } from './tree-hash.js';

/** What is proved of an event. */
export interface ProveEventOptions {
  /** The event's id. */
  readonly eventId: string;
  /** A tree head that includes it. */
  readonly treeHead: TreeHead;
  /** Whether the proof shows the texts of actor and reason, and not only commitments to them. Default true. */
  readonly showsTexts?: boolean;
  readonly signal?: AbortSignal | undefined;
}

const OF_EVENT: OptionRules<ProveEventOptions> = {
  eventId: rule.nonEmptyString,
  treeHead: aTreeHead,
  showsTexts: rule.leftOutOr(rule.oneOf(true, false)),
  signal: rule.optional(rule.aSignal),
};

/** A proof as a text, or why there is none. */
export type ProofAnswer =
  { readonly outcome: 'proved'; readonly proof: string } | { readonly outcome: 'not-found' } | Difference;

/**
 * Proves that an event is in the log of a tree head. Reads the log twice.
 *
 * The proof holds event, hashes and signed tree head (C2SP tlog-proof), and is checked offline: {@link verifyProof}.
 *
 * @throws RangeError that names a wrong option.
 * @throws Fault as the store does.
 */
export async function proveEvent(log: ReadableLog, options: ProveEventOptions): Promise<ProofAnswer> {
  const { eventId, showsTexts = true, signal, treeHead } = optionsOnLog(log, options, 'proveEvent', OF_EVENT);
  let [found, index]: [RecordedEvent | undefined, number] = [undefined, -1];
  let count = 0;
  const onLeaf = (_: TreeHash, event: RecordedEvent): void => {
    if (event.id === eventId) [found, index] = [event, count];
    count += 1;
  };
  const { difference } = await readTree(log, { expected: [treeHead], signal, onLeaf });
  if (difference !== undefined) return difference;
  if (found === undefined || index >= treeHead.size) return { outcome: 'not-found' };
  const hashes = await rootsOf(log, inclusionParts(index, treeHead.size), { signal });
  const openings = showsTexts ? openingsOf(found) : {};
  return { outcome: 'proved', proof: formatEventProof({ leaf: leafOf(found), openings, index, hashes, treeHead }) };
}

/** What is proved of two tree heads. */
export interface ProveConsistencyOptions {
  readonly older: TreeHead;
  readonly newer: TreeHead;
  readonly signal?: AbortSignal | undefined;
}

const OF_CONSISTENCY: OptionRules<ProveConsistencyOptions> = {
  older: aTreeHead,
  newer: aTreeHead,
  signal: rule.optional(rule.aSignal),
};

/**
 * Proves that the log of an older tree head is the beginning of that of a newer one.
 *
 * @throws RangeError that names a wrong option, or when the older one is the larger one.
 * @throws Fault as the store does.
 */
export async function proveConsistency(log: ReadableLog, options: ProveConsistencyOptions): Promise<ProofAnswer> {
  const { newer, older, signal } = optionsOnLog(log, options, 'proveConsistency', OF_CONSISTENCY);
  const { difference } = await readTree(log, { expected: [older, newer], signal });
  if (difference !== undefined) return difference;
  const hashes = await consistencyHashes(log, { olderSize: older.size, newer, signal });
  return { outcome: 'proved', proof: formatConsistencyProof({ olderSize: older.size, hashes, treeHead: newer }) };
}

/** What a proof of consistency is computed from. */
interface ConsistencyParts {
  readonly olderSize: number;
  readonly newer: Pick<TreeHead, 'size'>;
  /** With the edge of the older tree, only the events after it are read. */
  readonly previous?: TreeHead | GrowingTreeHead | undefined;
  readonly signal: AbortSignal | undefined;
}

/** The hashes that prove that an older tree is the beginning of a newer one. */
export async function consistencyHashes(
  log: ReadableLog,
  { olderSize, newer, previous, signal }: ConsistencyParts,
): Promise<readonly TreeHash[]> {
  const parts = consistencyParts(olderSize, newer.size);
  const from = previous?.size === olderSize ? startAfter(previous) : undefined;
  if (from === undefined) return rootsOf(log, parts, { signal });
  // All parts on the left are full parts of the older tree.
  const own = fullParts(olderSize);
  const known = from.edge.hashes;
  const isNew = ({ from: first }: LeafRange): boolean => first >= olderSize;
  const added = [...(await rootsOf(log, parts.filter(isNew), { from, signal }))];
  return parts.flatMap((part) =>
    isNew(part) ? added.splice(0, 1) : (known[own.findIndex((one) => one.from === part.from)] ?? []),
  );
}

async function rootsOf(
  log: ReadableLog,
  parts: readonly LeafRange[],
  { from, signal }: Pick<ReadTreeOptions, 'from' | 'signal'>,
): Promise<readonly TreeHash[]> {
  const hasher = new PartHasher(parts, from?.edge.size);
  await readTree(log, { signal, onLeaf: (leaf) => hasher.add(leaf), ...(from && { from }) });
  return hasher.roots() ?? [];
}
