import { type OptionRules, parseOptions, rule } from '@login-policy/event-sourcing';
import { aText, demand, texts } from './input.js';
import { parseVerifier, type Signer, type Verifier } from './keys.js';
import { parseNote, signersOf, signNote } from './note.js';
import { parseHash, type TreeHash } from './tree-hash.js';

/** Origin, size and root of a log as a Merkle tree, signed (C2SP tlog-checkpoint). */
export interface TreeHead {
  /** The name of the log, which is that of its key. */
  readonly origin: string;
  /** The number of events. */
  readonly size: number;
  /** In base64. */
  readonly root: string;
  /** The signed note: what is given to others. */
  readonly note: string;
}

/** A tree head whose signatures were checked. */
export interface CheckedTreeHead extends TreeHead {
  /** The names of the witnesses whose cosignatures were asked for and are right. */
  readonly cosigners: readonly string[];
}

/** Whose signatures a tree head needs. */
export interface TreeHeadKeys {
  /** The log's public key. */
  readonly publicKey: string;
  /** The public keys of witnesses: each must have cosigned. Default: none. */
  readonly witnesses?: readonly string[];
}

/** The rules of these keys: what a proof or a tree head is checked by is never left out by mistake. */
export const KEY_RULES: OptionRules<TreeHeadKeys> = {
  publicKey: rule.nonEmptyString,
  witnesses: rule.leftOutOr(texts),
};

/** Signs a tree head. */
export async function signTreeHead(
  signer: Signer,
  { size, root }: { size: number; root: TreeHash },
): Promise<TreeHead> {
  const { name: origin } = parseVerifier(signer.publicKey);
  const text = `${origin}\n${size}\n${root}\n`;
  return { origin, size, root, note: await signNote(text, signer) };
}

/**
 * Parses a tree head and checks its signatures.
 *
 * @throws RangeError that names a wrong option; when it is malformed, is of another log, or lacks a right signature of one of the keys.
 */
export function openTreeHead(note: string, keys: TreeHeadKeys): CheckedTreeHead {
  demand('openTreeHead', 'note', note, aText);
  const { publicKey, witnesses = [] } = parseOptions(keys, 'openTreeHead', KEY_RULES);
  const [log, cosigners] = [parseVerifier(publicKey), witnesses.map(parseVerifier)];
  const parsed = parseNote(note);
  const signers = signersOf(parsed, [log, ...cosigners]);
  if (signers === undefined) throw new RangeError('A signature of the tree head is wrong.');
  for (const key of [log, ...cosigners])
    if (!signers.includes(key)) throw new RangeError(`The tree head is not signed by ${shortly(key)}.`);
  const [origin = '', size = '', root = '', ...extensions] = parsed.text.slice(0, -1).split('\n');
  if (!/^(0|[1-9]\d{0,15})$/.test(size) || !Number.isSafeInteger(Number(size)) || extensions.includes(''))
    throw new RangeError('A tree head must be the lines origin, size and root.');
  if (origin !== log.name) throw new RangeError(`The tree head is of ${JSON.stringify(origin)}, not of ${log.name}.`);
  parseHash(root);
  return { origin, size: Number(size), root, note, cosigners: cosigners.map(({ name }) => name) };
}

function shortly({ name, keyId }: Verifier): string {
  return `${name} (key ${keyId})`;
}
