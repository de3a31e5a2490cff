/** Checks the tarball of each published package: its types are correct, it is only the product, and npm installs it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blocksOf } from './snippets/blocks.mjs';
import { tarballsIn } from './tarballs.mjs';
import { conclude, run, textOf, tool } from './workspace.mjs';

const notTheProduct = /\.tsbuildinfo$|\.test\.|(^|\/)(test|\.test-build|node_modules|\.data)\//;

const shelf = mkdtempSync(join(tmpdir(), 'packed-'));
try {
  const packs = await tarballsIn(shelf);
  const findings = (await Promise.all(packs.map(findingsOf))).flat();
  if (findings.length === 0) findings.push(...(await findingsOfConsumer(packs)));
  conclude(findings, `${packs.length} packages are fit to be published; npm installs them, and a program uses them.`);
} finally {
  rmSync(shelf, { recursive: true, force: true });
}

async function findingsOf({ name, filename, files }) {
  const paths = files.map(({ path }) => path);
  const [publint, attw] = await Promise.all([
    run([tool('publint'), filename, '--strict']),
    run([tool('attw'), filename, '--profile', 'esm-only', '--no-color', '--no-emoji']),
  ]);
  return [
    ...paths.filter((path) => notTheProduct.test(path)).map((path) => `${name}: its package holds ${path}`),
    ...['LICENSE', 'src/index.ts'].filter((path) => !paths.includes(path)).map((path) => `${name}: it lacks ${path}`),
    ...(publint.code === 0 ? [] : [`${name}: publint says\n${publint.output}`]),
    ...(attw.code === 0 ? [] : [`${name}: attw says\n${attw.output}`]),
  ];
}

async function findingsOfConsumer(packs) {
  const folder = join(shelf, 'consumer');
  const readme = blocksOf('README.md', textOf('README.md')).find(({ kind }) => kind === 'run');
  mkdirSync(folder);
  writeFileSync(join(folder, 'readme.ts'), readme.text);
  writeFileSync(join(folder, 'readme.txt'), `${readme.output.text}\n`);
  const { code, output } = await run(['.ci/consumer', folder, ...packs.map(({ filename }) => filename)]);
  return code === 0 ? [] : [`In a project with the packed packages, a command fails:\n${output}`];
}
