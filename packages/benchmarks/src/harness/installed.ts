import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageFolder } from './package-folder.js';

const OURS = '@login-policy/';

/** The packages of others that installing a package of ours brings along, in alphabetical order. */
export function countInstalled(name: string): readonly string[] {
  const found = new Map<string, string>();
  collect(folderOf(name, packageFolder), found);
  return [...found.values()].filter((one) => !one.startsWith(OURS)).toSorted();
}

function collect(folder: string, found: Map<string, string>): void {
  for (const name of dependenciesOf(folder)) {
    const dependency = folderOf(name, folder);
    if (found.has(dependency)) continue;
    found.set(dependency, name);
    collect(dependency, found);
  }
}

function dependenciesOf(folder: string): readonly string[] {
  const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if (typeof manifest !== 'object' || manifest === null || !('dependencies' in manifest)) return [];
  return Object.keys(manifest.dependencies ?? {});
}

/** As Node looks for it: in the `node_modules` of this folder, then of those above it. */
function folderOf(name: string, from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(candidate)) return realpathSync(candidate);
    if (folder === dirname(folder)) throw new Error(`${name} is not installed for ${from}`);
  }
}
