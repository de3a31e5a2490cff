import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Packages installed a second time, as package managers do for two versions of one package. */
export interface AnotherCopy {
  /** The URL to `import()` the copy of a package from. */
  readonly url: (name: string) => string;
  /** Deletes the copy. */
  readonly remove: () => void;
}

/**
 * Copies packages to a new folder, where they find each other and otherwise the same dependencies as the originals.
 * `from` is the `import.meta.url` of a module that finds the originals. The copies have classes of their own.
 */
export function anotherCopy(names: readonly string[], from: string): AnotherCopy {
  const folder = mkdtempSync(join(tmpdir(), 'another-copy-'));
  for (const name of names) install(name, names, { from, folder });
  const { resolve } = createRequire(join(folder, 'importing.js'));
  return {
    url: (name) => pathToFileURL(resolve(name)).href,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function install(name: string, names: readonly string[], { from, folder }: { from: string; folder: string }): void {
  const original = rootOf(createRequire(from).resolve(name));
  const modules = join(folder, 'node_modules');
  cpSync(join(original, 'dist'), join(modules, name, 'dist'), { recursive: true });
  cpSync(join(original, 'package.json'), join(modules, name, 'package.json'));
  for (const dependency of dependenciesOf(original)) {
    const [found, link] = [join(original, 'node_modules', dependency), join(modules, dependency)];
    if (names.includes(dependency) || !existsSync(found) || existsSync(link)) continue;
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(realpathSync(found), link, 'junction');
  }
}

/** The root folder of a package, from a file in it. */
function rootOf(file: string): string {
  const folder = dirname(file);
  return existsSync(join(folder, 'package.json')) ? folder : rootOf(folder);
}

function dependenciesOf(root: string): readonly string[] {
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return ['dependencies', 'peerDependencies'].flatMap((kind) => namesIn(manifest, kind));
}

function namesIn(manifest: unknown, kind: string): readonly string[] {
  const dependencies: unknown =
    typeof manifest === 'object' && manifest !== null ? Reflect.get(manifest, kind) : undefined;
  return typeof dependencies === 'object' && dependencies !== null ? Object.keys(dependencies) : [];
}
