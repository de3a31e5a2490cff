import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageFolder } from '../harness/package-folder.js';

const DOCUMENT = join(packageFolder, '..', '..', 'docs', 'explanation', 'measurements.md');

/** What stands before and behind the tables that a command writes. */
export interface Markers {
  readonly begin: string;
  readonly end: string;
}

/**
 * Puts the tables between the document's two markers, and answers with its path.
 *
 * @throws Error when the markers are not there: then somebody should look.
 */
export async function writeDocument(tables: string, markers: Markers): Promise<string> {
  const before = await readFile(DOCUMENT, 'utf8');
  const [begin, end] = [before.indexOf(markers.begin), before.indexOf(markers.end)];
  if (begin === -1 || end < begin) throw new Error(`${DOCUMENT} has lost ${markers.begin} and ${markers.end}`);
  await writeFile(DOCUMENT, `${before.slice(0, begin + markers.begin.length)}\n\n${tables}\n${before.slice(end)}`);
  return DOCUMENT;
}
