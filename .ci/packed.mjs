/**
 * Checks the tarball of each published package: it is complete, its types are correct, and it contains only the
 * product.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findingsOfConsumer } from './consumer.mjs';
import { tarballsIn } from './tarballs.mjs';
import { conclude, run, tool } from './workspace.mjs';

const mustHold = ['package.json', 'LICENSE', 'README.md', 'dist/index.js', 'dist/index.d.ts', 'src/index.ts'];
const mustNotHold = /\.tsbuildinfo$|\.test\.|(^|\/)(test|\.test-build|node_modules|\.data)\//;

const shelf = mkdtempSync(join(tmpdir(), 'packed-'));
try {
  const packs = await tarballsIn(shelf);
  const findings = (await Promise.all(packs.map(findingsOf))).flat();
  if (findings.length === 0) findings.push(...(await findingsOfConsumer(packs, join(shelf, 'consumer'))));
  conclude(findings, `${packs.length} packages are fit to be published; npm installs them, and a program uses them.`);
} finally {
  rmSync(shelf, { recursive: true, force: true });
}

async function findingsOf({ name, filename, files }) {
  const [publint, attw] = await Promise.all([
    run([tool('publint'), filename, '--strict']),
    run([tool('attw'), filename, '--profile', 'esm-only', '--no-color', '--no-emoji']),
  ]);
  return [
    ...contents(
      name,
      files.map(({ path }) => path),
    ),
    ...(await manifest(name, filename)),
    ...(await readme(name, filename)),
    ...(publint.code === 0 ? [] : [`${name}: publint says\n${publint.output}`]),
    ...(attw.code === 0 ? [] : [`${name}: attw says\n${attw.output}`]),
  ];
}

function contents(name, paths) {
  return [
    ...mustHold.filter((path) => !paths.includes(path)).map((path) => `${name}: its package lacks ${path}`),
    ...paths.filter((path) => mustNotHold.test(path)).map((path) => `${name}: its package holds ${path}`),
  ];
}

/** On npm, a README can't link to parent folders. */
async function readme(name, filename) {
  const { stdout } = await run(['tar', '-xzOf', filename, 'package/README.md']);
  return /\]\(\.\.?\//.test(stdout) ? [`${name}: a link of its README leads nowhere from npm`] : [];
}

/** Checks that no dependency uses `workspace:`, which an installed package can't resolve. */
async function manifest(name, filename) {
  const { stdout } = await run(['tar', '-xzOf', filename, 'package/package.json']);
  const wanted = ['description', 'keywords', 'license', 'engines', 'publishConfig', 'sideEffects', 'exports', 'files'];
  const packed = JSON.parse(stdout);
  return [
    ...wanted
      .filter((field) => packed[field] === undefined)
      .map((field) => `${name}: its package.json has no ${field}`),
    ...(stdout.includes('"workspace:') ? [`${name}: its package.json still says workspace:`] : []),
  ];
}
