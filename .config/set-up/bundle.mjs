import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { rolldown } from 'rolldown';
import { SetUpFailed } from './step.mjs';

/** For tools that need one output file per source file: coverage and mutation testing. */
const isApart = process.env['LOGIN_POLICY_MODULES'] === 'apart';

/** One file holds all that several entries share. */
const ONE_SHARED = { groups: [{ name: 'all', minShareCount: 2 }] };

/**
 * Bundles the JavaScript of every package and example that lists entries in its package.json: one file per entry, and
 * one for shared code, because importing many files makes a process start slowly. Types are not checked here, but by
 * the compiler.
 */
export async function bundle(root) {
  const folders = ['packages', 'examples'].flatMap((room) =>
    readdirSync(join(root, room)).map((name) => join(root, room, name)),
  );
  await Promise.all(folders.filter((folder) => existsSync(join(folder, 'src'))).map(bundleOne));
}

async function bundleOne(folder) {
  const entries = [...readFileSync(join(folder, 'package.json'), 'utf8').matchAll(/\bdist\/([\w/-]+)\.js"/g)];
  if (entries.length === 0) return;
  const dist = join(folder, 'dist');
  try {
    const made = await rolldown({
      cwd: folder,
      input: Object.fromEntries(entries.map(([, entry]) => [entry, `./src/${entry}.ts`])),
      external: (id) => !/^[./]/.test(id),
      platform: 'neutral',
      treeshake: false,
    });
    const { output } = await made.generate({
      dir: dist,
      format: 'esm',
      sourcemap: true,
      entryFileNames: '[name].js',
      chunkFileNames: 'shared-[name].js',
      // An entry for the package's own tests must not split what the others share.
      ...(!isApart && entries.some(([, entry]) => entry === 'insides') && { codeSplitting: ONE_SHARED }),
      ...(isApart && { preserveModules: true, preserveModulesRoot: join(folder, 'src') }),
    });
    await made.close();
    for (const { type, fileName, code, source } of output) keep(join(dist, fileName), type === 'chunk' ? code : source);
    removeStale(folder, output);
  } catch (cause) {
    throw new SetUpFailed(`${basename(folder)} can't be bundled: ${cause}`, { cause });
  }
}

/** Writes atomically and only if the content differs, because other processes may be loading the file. */
function keep(file, text) {
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

/**
 * Deletes JavaScript that was not made now, and declarations of deleted sources, which the compiler keeps. They would
 * be published.
 */
function removeStale(folder, output) {
  const made = new Set(output.map(({ fileName }) => join(fileName)));
  for (const file of readdirSync(join(folder, 'dist'), { recursive: true })) {
    const source = join(folder, 'src', file.replace(/\.d\.ts(\.map)?$/, '.ts'));
    const isStale = /\.d\.ts(\.map)?$/.test(file) ? !existsSync(source) : /\.js(\.map)?$/.test(file) && !made.has(file);
    if (isStale) rmSync(join(folder, 'dist', file), { force: true });
  }
}
