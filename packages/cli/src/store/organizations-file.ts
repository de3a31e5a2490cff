import { hintFor } from '@login-policy/event-sourcing';
import type { Invocation } from '../command-line/command.js';
import { readTextFile } from '../files/read-file.js';

/** The organizations listed in `--organizations FILE`, one per line. Blank lines and text after a # are ignored. */
export async function listedOrganizations({ args, io }: Invocation): Promise<readonly string[] | undefined> {
  const file = args.hasOption('organizations') ? args.value('organizations') : undefined;
  if (file === undefined) return undefined;
  const lines = (await readTextFile(file, io)).split('\n');
  return [...new Set(lines.map((line) => line.replace(/(^|\s)#.*$/, '').trim()).filter((id) => id !== ''))];
}

/** The message for an organization that is not in the list. */
export function unlistedMessage(id: string, listed: readonly string[]): string {
  const problem = `Organization ${JSON.stringify(id)} is not among the ${listed.length} that --organizations lists.`;
  return `${problem} ${hintFor(id, listed, '')}`.trimEnd();
}
