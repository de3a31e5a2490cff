import { rule } from '@login-policy/event-sourcing';
import { open, readFile, rename, rm } from 'node:fs/promises';
import type { GrowingTreeHead } from './growing-tree-head.js';
import { demand } from './input.js';
import { member, parsedJson } from './proof-text.js';
import type { Sink } from './sink.js';
import { openTreeHead, type TreeHead, type TreeHeadKeys } from './tree-head.js';
import { RightEdge } from './right-edge.js';
import { parseHash } from './tree-hash.js';

/** Keeps the last tree head: as a signed note, and beside it, in `FILE.edge`, what it takes to read on from it. */
export interface TreeHeadFile extends Sink {
  /**
   * The tree head in the file; `undefined` where there is no file. Without its edge if that is missing, or is of another
   * tree head.
   *
   * @throws RangeError when it is malformed, or not signed by these keys.
   */
  read(keys: TreeHeadKeys): Promise<TreeHead | GrowingTreeHead | undefined>;
}

/** A file for the last tree head. It is replaced in one step, and never by a smaller one. @throws RangeError without a path */
export function treeHeadFile(path: string): TreeHeadFile {
  demand('treeHeadFile', 'path', path, rule.nonEmptyString);
  const edgePath = `${path}.edge`;
  return {
    name: path,
    async read(keys) {
      const note = await textIn(path);
      return note === undefined ? undefined : withEdge(openTreeHead(note, keys), await textIn(edgePath));
    },
    async deliver({ edge, note, position, size }) {
      if ((sizeOf(await textIn(path)) ?? 0) > size) return;
      await replace(edgePath, `${JSON.stringify({ size, position, edge })}\n`);
      await replace(path, note);
    },
  };
}

function sizeOf(note: string | undefined): number | undefined {
  const size = Number(note?.split('\n')[1]);
  return Number.isSafeInteger(size) ? size : undefined;
}

function withEdge(treeHead: TreeHead, text: string | undefined): TreeHead | GrowingTreeHead {
  try {
    const { edge, position } = parseEdge(text ?? '');
    const isOwn = new RightEdge(treeHead.size, edge).root() === treeHead.root;
    return isOwn ? { ...treeHead, edge, ...(position !== undefined && { position }) } : treeHead;
  } catch (caught) {
    if (caught instanceof RangeError) return treeHead;
    throw caught;
  }
}

function parseEdge(text: string): Pick<GrowingTreeHead, 'edge' | 'position'> {
  const json = parsedJson(text);
  const [edge, position] = [member(json, 'edge'), member(json, 'position')];
  if (!Array.isArray(edge)) throw new RangeError('edge: it must be a list.');
  return { edge: edge.map((hash) => parseHash(String(hash))), ...(typeof position === 'string' && { position }) };
}

async function textIn(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (caught) {
    if (caught instanceof Error && 'code' in caught && caught.code === 'ENOENT') return undefined;
    throw caught;
  }
}

async function replace(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.new`;
  try {
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (caught) {
    await rm(temporary, { force: true });
    throw caught;
  }
}
