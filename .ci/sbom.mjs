/**
 * Writes what packed packages bring with them in production, as CycloneDX: `node .ci/sbom.mjs TARBALLS` puts
 * `login-policy-VERSION.cdx.json` beside them. It has no time and no serial number, so that the same packages give the same
 * file.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { step } from '../.config/fit-node.mjs';

const [folder] = process.argv.slice(2).map((path) => resolve(path));
const packed = readdirSync(folder).filter((file) => /^login-policy-[a-z-]+-\d.*\.tgz$/.test(file));
const [, version] = /^login-policy-[a-z-]+-(\d.*)\.tgz$/.exec(packed[0] ?? '') ?? [];
if (version === undefined) throw new Error(`${folder} has no packed packages`);
const place = mkdtempSync(join(tmpdir(), 'sbom-'));
try {
  const dependencies = Object.fromEntries(packed.map((file) => [nameOf(file), `file:${join(folder, file)}`]));
  const manifest = { name: 'login-policy', version, private: true, dependencies };
  writeFileSync(join(place, 'package.json'), JSON.stringify(manifest));
  const flags = '--omit=dev --omit=peer --ignore-scripts --no-audit --no-fund --loglevel=error';
  step('The packages can not be installed.', `npm install ${flags}`, { cwd: place });
  const options = { cwd: place, encoding: 'utf8', maxBuffer: 2 ** 26 };
  const text = execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev'], options);
  const { serialNumber: _, metadata, ...rest } = JSON.parse(text);
  const { timestamp: __, ...about } = metadata;
  // Where they were packed is nobody's business.
  const found = JSON.stringify({ ...rest, metadata: about }, undefined, 2).replaceAll(`file:${folder}/`, 'file:');
  const file = join(folder, `login-policy-${version}.cdx.json`);
  writeFileSync(file, `${found}\n`);
  console.log(`${file}: ${rest.components.length} components`);
} finally {
  rmSync(place, { recursive: true });
}

function nameOf(file) {
  return `@login-policy/${file.replace(/^login-policy-([a-z-]+)-\d.*$/, '$1')}`;
}
