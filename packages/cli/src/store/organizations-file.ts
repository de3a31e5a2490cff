import { nearestName } from '@login-policy/event-sourcing/options';
import type { Run } from '../command-line/command.js';
import { readTextFile } from './store-url.js';

/** The organizations listed in `--organizations FILE`, one per line. Blank lines and text after a # are ignored. */
export function listedIn({ given, io }: Run): readonly string[] | undefined {
  const file = given.knows('organizations') ? given.text('organizations') : undefined;
  if (file === undefined) return undefined;
  const lines = readTextFile(file, io).split('\n');
  return [...new Set(lines.map((line) => line.replace(/(^|\s)#.*$/, '').trim()).filter((id) => id !== ''))];
}

/** The message for an organization that is not in the list. */
export function unlisted(id: string, listed: readonly string[]): string {
  const nearest = nearestName(id, listed);
  const meant = nearest === undefined ? '' : ` Did you mean ${nearest}?`;
  return `Organization ${JSON.stringify(id)} is not among the ${listed.length} that --organizations lists.${meant}`;
}
