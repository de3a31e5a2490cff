/**
 * Writes a tarball of each published package, as it would be published: `npm run pack -- --out FOLDER`. The same sources
 * give the same bytes. What all packages say alike, .pnpmfile.mjs adds.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pnpm, folders } from '../.config/build.mjs';
import { step } from '../.config/fit-node.mjs';
import { root } from './workspace.mjs';

const [flag, out, ...others] = process.argv.slice(2);
if (flag !== '--out' || out === undefined || others.length > 0) {
  console.error('Name a folder to write to: npm run pack -- --out FOLDER');
  process.exit(1);
}
const packed = resolve(out);
mkdirSync(packed, { recursive: true });
const { repository } = manifestIn(root);
const work = mkdtempSync(join(tmpdir(), 'pack-'));
try {
  const published = folders.filter((folder) => manifestIn(join(root, folder)).private !== true);
  const filters = published.map((folder) => `--filter ./${folder}`).join(' ');
  step('The packages can not be packed.', `${pnpm} -r ${filters} pack --pack-destination ${JSON.stringify(work)}`, {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  for (const folder of published) repack(folder);
} finally {
  rmSync(work, { recursive: true });
}
console.log(`\nIn a project of yours: npm install "${packed}"/*.tgz luxon`);

function manifestIn(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

/** npm gives each file the same time and owner. */
function repack(folder) {
  const { name } = manifestIn(join(root, folder));
  const tarball = readdirSync(work).find((file) => file.startsWith(`${name.replace('@', '').replace('/', '-')}-`));
  const unpacked = join(work, folder.replace('/', '-'));
  mkdirSync(unpacked);
  step(`${name} can not be unpacked.`, `tar -xzf ${tarball} -C ${JSON.stringify(unpacked)}`, { cwd: work });
  const place = join(unpacked, 'package');
  const { version } = manifestIn(place);
  const readme = join(place, 'README.md');
  writeFileSync(readme, withLinks(readFileSync(readme, 'utf8'), { folder, version }));
  if (folder === 'examples/iam-server')
    cpSync(join(root, 'examples', 'admin-page', 'dist'), join(place, 'page'), { recursive: true });
  const command = `npm pack --ignore-scripts --silent --pack-destination ${JSON.stringify(packed)}`;
  step(`${name} can not be packed.`, command, { cwd: place });
}

/**
 * The relative links of a README don't work on npm's page or in node_modules. With a repository, they lead to its files of
 * this version; without one, they name those files.
 */
function withLinks(text, { folder, version }) {
  const released = text.replaceAll(/ +# after the first release; until then see the tutorial$/gm, '');
  return released.replaceAll(/\[([^\]]*)\]\((?!https?:|#)([^)]+)\)/g, (_, words, link) => {
    const path = new URL(link, `file:///${folder}/`).href.slice('file:///'.length);
    return repository === ''
      ? `${words} (\`${path}\` of the repository)`
      : `[${words}](${repository}/blob/v${version}/${path})`;
  });
}
