import { hash } from 'node:crypto';
import { UnserialisableData } from '@login-policy/event-sourcing/store';

/** A name as a column holds it that an index must have room for. */
export interface StoredName {
  /** Of at most 1,000 bytes, and no other name's. */
  readonly name: string;
  /** All of it, when that is not what {@link name} holds. */
  readonly whole: string | undefined;
}

// A B-tree has room for 2,700 bytes an entry, and two names stand in one.
const LONGEST = 1000;
const HEAD = 800;
/** What ends like a name that was cut inside of a doubled backslash. It is cut too, so that it is told from that one. */
const LIKE_CUT = /\\\\#[0-9a-f]{64}$/;

/**
 * Text that a PostgreSQL column can hold, for any text there is: it has no NUL there, so NUL is written `\0`, and the
 * backslash `\\`. Undone by {@link givenText}.
 *
 * @throws UnserialisableData for a lone surrogate, which is not Unicode text and would come back as something else.
 */
export function storedText(text: string): string {
  if (!text.isWellFormed()) {
    const problem = 'a lone surrogate is not Unicode text';
    throw new UnserialisableData({ path: JSON.stringify(text.slice(0, 40)), problem });
  }
  if (!text.includes('\\') && !text.includes('\0')) return text;
  return text.replaceAll('\\', '\\\\').replaceAll('\0', '\\0');
}

/** The text that {@link storedText} was given. */
export function givenText(stored: string): string {
  if (!stored.includes('\\')) return stored;
  return stored.replace(/\\[\\0]/g, (pair) => (pair === '\\0' ? '\0' : '\\'));
}

/** A name of any length for a column with an index: a long one is cut, and told from its like by its digest. */
export function storedName(text: string): StoredName {
  const stored = storedText(text);
  const isShort = stored.length <= LONGEST / 4 || Buffer.byteLength(stored) <= LONGEST;
  if (isShort && !LIKE_CUT.test(stored)) return { name: stored, whole: undefined };
  const head = Buffer.from(stored)
    .subarray(0, HEAD)
    .toString()
    .replace(/\ufffd+$/, '');
  // No name that was not cut ends like this.
  return { name: `${head}\\#${digest(stored).toString('hex')}`, whole: stored };
}

/** Whether a name is one that {@link storedName} cut: a doubled backslash before the digest belongs to the name itself. */
export function isCut(stored: string): boolean {
  const [backslashes = ''] = /\\+(?=#[0-9a-f]{64}$)/.exec(stored) ?? [];
  return backslashes.length % 2 === 1;
}

/** What tells a key from every other, in 32 bytes. */
export function digest(text: string | Buffer): Buffer {
  return hash('sha256', text, 'buffer');
}

/** The number of the advisory lock by which those who mean the same thing find each other. */
export function lockNumber(purpose: string, schema: string): bigint {
  return digest(`login-policy ${purpose} ${schema}`).readBigInt64BE();
}
