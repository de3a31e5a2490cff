import { hash } from 'node:crypto';
import { Fault } from '@login-policy/event-sourcing';

/** A name in an indexed column. */
export interface StoredName {
  /** At most 1,000 bytes, and unique for each name. */
  readonly name: string;
  /** The whole name, if {@link name} is shortened. */
  readonly whole: string | undefined;
}

// A B-tree entry has room for 2,700 bytes, and holds two names.
const LONGEST = 1000;
const KEPT_BYTES = 800;
/** Matches names that look shortened. They are shortened, too, because they might equal a shortened name. */
const LOOKS_SHORTENED = /\\\\#[0-9a-f]{64}$/;

/**
 * Encodes any text for a PostgreSQL column, which can't hold NUL: NUL becomes `\0` and a backslash `\\`. {@link
 * originalText} is the inverse.
 *
 * @throws UnserialisableData for a lone surrogate, which is not Unicode text and would come back changed.
 */
export function storedText(text: string): string {
  if (!text.isWellFormed()) {
    const problem = 'a lone surrogate is not Unicode text';
    throw new Fault('unserialisable-data', { path: JSON.stringify(text.slice(0, 40)), problem });
  }
  if (!text.includes('\\') && !text.includes('\0')) return text;
  return text.replaceAll('\\', '\\\\').replaceAll('\0', '\\0');
}

/** The inverse of {@link storedText}. */
export function originalText(stored: string): string {
  if (!stored.includes('\\')) return stored;
  return stored.replace(/\\[\\0]/g, (pair) => (pair === '\\0' ? '\0' : '\\'));
}

/** Encodes a name of any length for an indexed column: a long one is shortened, with a digest that keeps it unique. */
export function storedName(text: string): StoredName {
  const stored = storedText(text);
  const isShort = stored.length <= LONGEST / 4 || Buffer.byteLength(stored) <= LONGEST;
  if (isShort && !LOOKS_SHORTENED.test(stored)) return { name: stored, whole: undefined };
  const head = Buffer.from(stored)
    .subarray(0, KEPT_BYTES)
    .toString()
    .replace(/\ufffd+$/, '');
  // No other name ends with a single backslash, a number sign and a digest.
  return { name: `${head}\\#${digest(stored).toString('hex')}`, whole: stored };
}

/**
 * Whether {@link storedName} has shortened the name. A doubled backslash before the digest belongs to the name itself.
 */
export function isShortened(stored: string): boolean {
  const [backslashes = ''] = /\\+(?=#[0-9a-f]{64}$)/.exec(stored) ?? [];
  return backslashes.length % 2 === 1;
}

/** A 32-byte digest that identifies a key. */
export function digest(text: string | Buffer): Buffer {
  return hash('sha256', text, 'buffer');
}

/** The number of an advisory lock for a purpose in a schema. */
export function lockNumber(purpose: string, schema: string): bigint {
  return digest(`login-policy ${purpose} ${schema}`).readBigInt64BE();
}
