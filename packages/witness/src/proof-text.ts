import { ERASABLE, type Erasable, type Opening } from './leaf.js';
import type { TreeHead } from './tree-head.js';
import { parseHash, type TreeHash } from './tree-hash.js';

const EVENT_PROOF = 'c2sp.org/tlog-proof@v1';

/** An event, and its way up to the root of a tree head. */
export interface EventProof {
  readonly leaf: string;
  readonly openings: Partial<Record<Erasable, Opening>>;
  readonly index: number;
  readonly hashes: readonly TreeHash[];
  readonly note: string;
}

/** The way from an older tree head to a newer one. */
export interface ConsistencyProof {
  readonly olderSize: number;
  readonly hashes: readonly TreeHash[];
  readonly note: string;
}

/** Formats the proof of an event, as C2SP tlog-proof does. Its extra data is the leaf, and what opens its commitments. */
export function formatEventProof(proof: Omit<EventProof, 'note'> & { readonly treeHead: TreeHead }): string {
  const { hashes, index, leaf, openings, treeHead } = proof;
  const extra = Buffer.from(JSON.stringify({ leaf, ...openings })).toString('base64');
  return [EVENT_PROOF, `extra ${extra}`, `index ${index}`, ...hashes, '', treeHead.note].join('\n');
}

/** Formats the proof of consistency, as a witness gets it (C2SP tlog-witness). */
export function formatConsistencyProof(
  proof: Omit<ConsistencyProof, 'note'> & { readonly treeHead: TreeHead },
): string {
  const { hashes, olderSize, treeHead } = proof;
  return [`old ${olderSize}`, ...hashes, '', treeHead.note].join('\n');
}

/** Whether a text claims to be the proof of an event. */
export function isEventProof(text: string): boolean {
  return text.startsWith(`${EVENT_PROOF}\n`);
}

/** Parses the proof of an event. @throws RangeError when it is malformed. */
export function parseEventProof(text: string): EventProof {
  const { lines, note } = partsOf(text);
  const [title, extraLine = '', indexLine = '', ...hashes] = lines;
  const [, extra] = /^extra (\S+)$/.exec(extraLine) ?? [];
  const index = numberIn(indexLine, 'index');
  if (title !== EVENT_PROOF || extra === undefined || index === undefined)
    throw new RangeError(`The proof of an event must be the lines ${EVENT_PROOF}, extra, index and hashes.`);
  return { ...parseExtra(extra), index, hashes: hashes.map(parseHash), note };
}

/** Parses a proof of consistency. @throws RangeError when it is malformed. */
export function parseConsistencyProof(text: string): ConsistencyProof {
  const { lines, note } = partsOf(text);
  const [oldLine = '', ...hashes] = lines;
  const olderSize = numberIn(oldLine, 'old');
  if (olderSize === undefined) throw new RangeError('A proof of consistency must be the lines old and hashes.');
  return { olderSize, hashes: hashes.map(parseHash), note };
}

function partsOf(text: string): { readonly lines: readonly string[]; readonly note: string } {
  const end = text.indexOf('\n\n');
  if (end < 0) throw new RangeError('A proof must be lines, an empty line, and a tree head.');
  return { lines: text.slice(0, end).split('\n'), note: text.slice(end + 2) };
}

function numberIn(line: string, word: string): number | undefined {
  const [, digits] = new RegExp(`^${word} (0|[1-9]\\d{0,15})$`).exec(line) ?? [];
  return digits === undefined || !Number.isSafeInteger(Number(digits)) ? undefined : Number(digits);
}

function parseExtra(text: string): Pick<EventProof, 'leaf' | 'openings'> {
  const extra: unknown = parsedJson(Buffer.from(text, 'base64').toString());
  const leaf = member(extra, 'leaf');
  if (typeof leaf !== 'string') throw new RangeError('extra: it must be JSON with the leaf of the event.');
  const openings: Partial<Record<Erasable, Opening>> = {};
  for (const name of ERASABLE) {
    const [salt, opened] = ['salt', 'text'].map((part) => member(member(extra, name), part));
    if (typeof salt === 'string') openings[name] = { salt, text: typeof opened === 'string' ? opened : undefined };
  }
  return { leaf, openings };
}

/** Parses JSON. @throws RangeError when it is malformed. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RangeError('The text is not JSON.', { cause });
  }
}

/** A member of an object; `undefined` of anything else. */
export function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}
