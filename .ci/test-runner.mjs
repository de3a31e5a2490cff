/**
 * Tests `npm test` itself: it must fail for each kind of broken test file, and pass for a test that reports that it
 * can't run here.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { runFiles } from '../.config/tests.mjs';
import { conclude, root } from './workspace.mjs';

const never = '() => undefined, 1e9';
const bad = {
  'a test that fails': `it('a', () => { throw new Error(); });`,
  'a file without tests': '',
  'a file that can not be loaded': 'throw new Error();',
  'a test that is singled out': `it.only('a', () => {}); it('b', () => {});`,
  'a test that is skipped': `it.skip('a', () => {});`,
  'a test that ends its process': `it('a', () => process.exit(0));`,
  'a rejection that nobody handles': `it('a', () => void Promise.reject(new Error()));`,
  'a rejection after the last test': `it('a', () => void setTimeout(() => Promise.reject(new Error()), 50));`,
  'a global variable': `it('a', () => { globalThis.left = 1; });`,
  'a timer that is left': `it('a', () => void setTimeout(${never}));`,
  'a socket that is left': `it('a', (done) => void require('net').createServer().listen(0, () => done()));`,
  'a thread that is left': `it('a', () => void new (require('worker_threads').Worker)('setTimeout(${never})', { eval: true }));`,
};
const good = {
  'a test that passes': `it('a', () => void setTimeout(() => undefined, 50));`,
  'a test that says what it lacks': `it('NOT RUN: there is no browser.');`,
};

const folder = mkdtempSync(join(tmpdir(), 'test-runner-'));
try {
  const findings = await Promise.all([
    ...Object.entries(bad).map(async (plant) => ((await run(plant)) === 0 ? [`npm test passes ${plant[0]}`] : [])),
    ...Object.entries(good).map(async (plant) => ((await run(plant)) === 0 ? [] : [`npm test fails ${plant[0]}`])),
  ]);
  conclude(findings.flat(), `${Object.keys(bad).length} kinds of broken tests were noticed.`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function run([name, source]) {
  const file = join(folder, `${name.replaceAll(' ', '-')}.cjs`);
  writeFileSync(file, source);
  return runFiles([relative(root, file)]);
}
