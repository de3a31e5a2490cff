import { hash } from 'node:crypto';

/**
 * A SHA-256 hash, of a leaf or of a part of the tree, in base64. Text, because Node returns a digest as text four times
 * as fast as in a buffer.
 */
export type TreeHash = string;

const HASH_BYTES = 32;

/** The root of a tree without leaves (RFC 6962 §2.1). */
export const EMPTY_ROOT: TreeHash = sha256('');

/** The SHA-256 hash of bytes, or of a text in UTF-8. */
export function sha256(input: string | Uint8Array): TreeHash {
  return hash('sha256', input, 'base64');
}

/** The hash of a leaf. Its first byte tells it from a {@link nodeHash}, so that a node can't be passed off as a leaf. */
export function leafHash(leaf: string): TreeHash {
  return sha256(`\0${leaf}`);
}

const pair = Buffer.alloc(1 + 2 * HASH_BYTES, 1);

/** The hash of a node with two children. */
export function nodeHash(left: TreeHash, right: TreeHash): TreeHash {
  pair.write(left, 1, HASH_BYTES, 'base64');
  pair.write(right, 1 + HASH_BYTES, HASH_BYTES, 'base64');
  return sha256(pair);
}

/** Parses a hash in base64, in its one spelling. @throws RangeError when the text is anything else. */
export function parseHash(text: string): TreeHash {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === HASH_BYTES && bytes.toString('base64') === text) return text;
  throw new RangeError(`A hash must be ${HASH_BYTES} bytes in base64, not ${JSON.stringify(text.slice(0, 60))}.`);
}
