import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageFolder } from '../harness/package-folder.js';

const DOCUMENT = join(packageFolder, '..', '..', 'docs', 'explanation', 'measurements.md');
const BEGIN = '<!-- measured: begin, written by `npm run bench -- --write` -->';
const END = '<!-- measured: end -->';

/**
 * Puts the tables between the document's two markers, and answers with its path.
 *
 * @throws Error when the markers are not there: then somebody should look.
 */
export async function writeDocument(tables: string): Promise<string> {
  const before = await readFile(DOCUMENT, 'utf8');
  const [begin, end] = [before.indexOf(BEGIN), before.indexOf(END)];
  if (begin === -1 || end < begin) throw new Error(`${DOCUMENT} has lost the markers ${BEGIN} and ${END}`);
  await writeFile(DOCUMENT, `${before.slice(0, begin + BEGIN.length)}\n\n${tables}\n${before.slice(end)}`);
  return DOCUMENT;
}
