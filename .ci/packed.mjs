/** What npm would get of each public package is complete, says the truth about its types, and holds nothing but the product. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { pnpm } from '../.config/set-up/pnpm.mjs';
import { findingsOfConsumer } from './consumer.mjs';
import { conclude, manifestOf, members, ourFiles, root, run, tool } from './workspace.mjs';

const mustHold = ['package.json', 'LICENSE', 'README.md', 'dist/index.js', 'dist/index.d.ts', 'src/index.ts'];
const mustNotHold = /\.tsbuildinfo$|\.test\.|(^|\/)(test|\.test-build|node_modules|\.data)\//;

const packages = members().filter(
  (member) => manifestOf(member).private !== true && ourFiles(`${member}/src`, /^index\.ts$/).length > 0,
);
const shelf = mkdtempSync(join(tmpdir(), 'packed-'));
try {
  const packs = await Promise.all(packages.map(pack));
  const broken = packs.filter(({ problem }) => problem !== undefined).map(({ problem }) => problem);
  const sound = packs.filter(({ problem }) => problem === undefined);
  const findings = [...(await Promise.all(sound.map(findingsOf))).flat(), ...broken];
  if (broken.length === 0) findings.push(...(await findingsOfConsumer(sound, join(shelf, 'consumer'))));
  conclude(findings, `${packages.length} packages are fit to be published, and a program that uses them compiles.`);
} finally {
  rmSync(shelf, { recursive: true, force: true });
}

async function pack(member) {
  const packing = await run([...pnpm(), 'pack', '--json', '--pack-destination', shelf], { cwd: join(root, member) });
  if (packing.code !== 0) return { member, problem: `${member} can't be packed:\n${packing.output}` };
  return { member, ...JSON.parse(packing.stdout) };
}

async function findingsOf({ member, filename, files }) {
  const [publint, attw] = await Promise.all([
    run([tool('publint'), filename, '--strict']),
    run([tool('attw'), filename, '--profile', 'esm-only', '--no-color', '--no-emoji']),
  ]);
  return [
    ...contents(
      member,
      files.map(({ path }) => path),
    ),
    ...manifest(member, filename),
    ...(publint.code === 0 ? [] : [`${member}: publint says\n${publint.output}`]),
    ...(attw.code === 0 ? [] : [`${member}: attw says\n${attw.output}`]),
  ];
}

function contents(member, paths) {
  return [
    ...mustHold.filter((path) => !paths.includes(path)).map((path) => `${member}: its package lacks ${path}`),
    ...paths.filter((path) => mustNotHold.test(path)).map((path) => `${member}: its package holds ${path}`),
  ];
}

/** `workspace:` means something in this folder only: whoever installs the package needs a version. */
function manifest(member, filename) {
  const packed = fileInTar(gunzipSync(readFileSync(filename)), 'package/package.json');
  return packed.includes('"workspace:') ? [`${member}: its packed package.json still says workspace:`] : [];
}

/** A tar is a row of 512-byte blocks: a header with name and octal size, then the content, filled up. */
function fileInTar(tar, wanted) {
  for (let at = 0; at < tar.length;) {
    const name = tar.toString('utf8', at, at + 100).replace(/\0.*$/s, '');
    const size = Number.parseInt(tar.toString('utf8', at + 124, at + 136), 8) || 0;
    if (name === wanted) return tar.toString('utf8', at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return '';
}
