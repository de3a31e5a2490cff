import { type OptionRules, parseOptions, rule } from '@login-policy/event-sourcing';
import { aText, demand } from './input.js';
import { COMMITMENTS, commitmentOf, ERASABLE, type Erasable } from './leaf.js';
import { isConsistent, rootOfInclusion } from './proof.js';
import {
  isEventProof,
  member,
  parseConsistencyProof,
  parsedJson,
  parseEventProof,
  type EventProof,
} from './proof-text.js';
import { KEY_RULES, openTreeHead, type CheckedTreeHead, type TreeHead, type TreeHeadKeys } from './tree-head.js';
import { leafHash } from './tree-hash.js';

/** Whose signatures are needed, and for a proof of consistency the older tree head. */
export interface VerifyOptions extends TreeHeadKeys {
  /** The older tree head, as its signed note. Needed for a proof of consistency. */
  readonly older?: string;
}

const RULES: OptionRules<VerifyOptions> = { ...KEY_RULES, older: rule.optional(aText) };

/** What a proof shows, or why it shows nothing. */
export type VerifyAnswer =
  | {
      readonly outcome: 'verified';
      readonly kind: 'event';
      /** The event as its leaf has it: JSON with commitments in place of actor and reason. */
      readonly event: unknown;
      /** The texts whose commitments the proof opens. */
      readonly texts: Partial<Record<Erasable, string>>;
      /** Its place in the log, from 0. */
      readonly index: number;
      readonly treeHead: CheckedTreeHead;
    }
  | {
      readonly outcome: 'verified';
      readonly kind: 'consistency';
      readonly older: TreeHead;
      readonly treeHead: CheckedTreeHead;
    }
  | { readonly outcome: 'refused'; readonly problem: string };

/**
 * Checks a proof of {@link proveEvent} or {@link proveConsistency}, without the log and without a network.
 *
 * @throws RangeError that names a wrong option. A wrong proof is `refused`.
 */
export function verifyProof(proof: string, options: VerifyOptions): VerifyAnswer {
  demand('verifyProof', 'proof', proof, aText);
  const { older, ...keys } = parseOptions(options, 'verifyProof', RULES);
  try {
    return isEventProof(proof) ? verifyEvent(parseEventProof(proof), keys) : verifyConsistency(proof, older, keys);
  } catch (caught) {
    if (!(caught instanceof RangeError)) throw caught;
    return { outcome: 'refused', problem: caught.message };
  }
}

function verifyEvent({ hashes, index, leaf, note, openings }: EventProof, keys: TreeHeadKeys): VerifyAnswer {
  const treeHead = openTreeHead(note, keys);
  const root = rootOfInclusion({ leaf: leafHash(leaf), index, size: treeHead.size, hashes });
  if (root !== treeHead.root) return refused('The event is not in the log of this tree head.');
  const event = parsedJson(leaf);
  const texts: Partial<Record<Erasable, string>> = {};
  for (const name of ERASABLE) {
    const opening = openings[name];
    if (opening === undefined) continue;
    if (member(event, COMMITMENTS[name]) !== commitmentOf(opening))
      return refused(`The text of ${name} is not what was recorded.`);
    if (opening.text !== undefined) texts[name] = opening.text;
  }
  return { outcome: 'verified', kind: 'event', event, texts, index, treeHead };
}

function verifyConsistency(text: string, olderNote: string | undefined, keys: TreeHeadKeys): VerifyAnswer {
  const { hashes, note, olderSize } = parseConsistencyProof(text);
  if (olderNote === undefined) return refused('A proof of consistency is checked with the older tree head.');
  const treeHead = openTreeHead(note, keys);
  const older = openTreeHead(olderNote, { publicKey: keys.publicKey });
  if (older.size !== olderSize || !isConsistent(older, treeHead, hashes))
    return refused('The log of the older tree head is not the beginning of that of the newer one.');
  return { outcome: 'verified', kind: 'consistency', older, treeHead };
}

function refused(problem: string): VerifyAnswer {
  return { outcome: 'refused', problem };
}
