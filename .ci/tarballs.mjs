import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { pnpm } from '../.config/set-up/index.mjs';
import { manifestIn, published, run } from './workspace.mjs';

/**
 * Packs each published package into the folder, as it would be published. Returns the name, file and content of each.
 */
export async function tarballsIn(folder) {
  const only = published().flatMap(({ name }) => ['--filter', name]);
  const packing = ['-r', ...only, 'pack', '--json', '--pack-destination', folder];
  const { code, stdout, output } = await run([...pnpm.split(' '), ...packing]);
  if (code !== 0) throw new Error(`The packages can't be packed:\n${output}`);
  const packs = JSON.parse(stdout);
  for (const pack of packs) await leadOut(pack);
  return packs;
}

/** Rewrites the relative links of a README, which don't work on npm's page or in `node_modules`. */
async function leadOut({ name, version, filename }) {
  const unpacked = mkdtempSync(join(tmpdir(), 'readme-'));
  try {
    await attempt(['tar', '-xzf', filename, '-C', unpacked]);
    const readme = join(unpacked, 'package', 'README.md');
    writeFileSync(readme, withWholeLinks(readFileSync(readme, 'utf8'), `packages/${name.split('/')[1]}`, version));
    await attempt(['tar', '-czf', filename, '-C', unpacked, 'package']);
  } finally {
    rmSync(unpacked, { recursive: true, force: true });
  }
}

/** With a repository, links to its files of this version; without one, the names of those files. */
function withWholeLinks(text, directory, version) {
  const { repository } = manifestIn('package.json');
  return text.replace(/\[([^\]]*)\]\((\.\.\/[^)]*)\)/g, (_, words, path) => {
    const file = posix.join(directory, path);
    return repository === ''
      ? `${words} (\`${file}\` of the repository)`
      : `[${words}](${repository}/blob/v${version}/${file})`;
  });
}

async function attempt(command) {
  const { code, output } = await run(command);
  if (code !== 0) throw new Error(output);
}
