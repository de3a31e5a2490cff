import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageFolder } from '../harness/scratch.js';

const DOCUMENT = join(packageFolder, '..', '..', 'docs', 'explanation', 'measurements.md');

/**
 * Puts a group's tables between its two markers in the documentation, and answers with the document's path.
 *
 * @throws Error when the markers are not there: then somebody should look.
 */
export async function writeDocument(group: string, tables: string): Promise<string> {
  const before = await readFile(DOCUMENT, 'utf8');
  const marker = `<!-- measured ${group}: begin, written by \`npm run bench -- --write\` -->`;
  const [begin, end] = [before.indexOf(marker), before.indexOf(`<!-- measured ${group}: end -->`)];
  if (begin === -1 || end < begin) throw new Error(`${DOCUMENT} has lost ${marker} and its end`);
  await writeFile(DOCUMENT, `${before.slice(0, begin + marker.length)}\n\n${tables}\n${before.slice(end)}`);
  return DOCUMENT;
}
