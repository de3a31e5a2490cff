/**
 * Checks that the code in the documentation compiles, runs, and prints the shown output. See .ci/snippets/blocks.mjs
 * for the marks.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { blocksOf, isAsExpected } from './snippets/blocks.mjs';
import { conclude, ourFiles, root, run, textOf, tool } from './workspace.mjs';

const longestMs = 60_000;
/** The modules of the blocks: what they import is installed beside it. */
const modules = join(root, '.ci', 'snippets', 'dist');
const inModules = /(?:file:\/\/)?[^\s('"]*\.ci\/snippets\/dist\/(.+?\.md)\.\d+\.ts/g;
// Node 22.18 and newer strip types unasked.
const node = [process.execPath, ...(process.features.typescript ? [] : ['--experimental-strip-types'])];

const pages = [...new Set([...ourFiles('.', /^README\.md$/), ...ourFiles('docs', /\.md$/)])];
const blocks = pages.flatMap((page) => blocksOf(page, textOf(page)));
const of = (kind) => blocks.filter((block) => block.kind === kind);
const placeOf = ({ page, line }) => `${page}:${line}`;

const folder = mkdtempSync(join(tmpdir(), 'snippets-'));
try {
  const findings = [
    ...of('unknown').map((block) => `${placeOf(block)}: "${block.info}" is not a mark; see .ci/snippets/blocks.mjs`),
    ...of('output')
      .filter((block) => block.orphan)
      .map((block) => `${placeOf(block)}: output of no \`run\` block`),
    ...(await findingsOfCompiler([...of('check'), ...of('run')])),
  ];
  if (findings.length === 0)
    for (const block of of('run')) findings.push(...(await findingsOf(block, [...node, moduleOf(block)])));
  if (findings.length === 0) {
    const program = join(root, 'packages', 'cli', 'dist', 'main.js');
    const ours = `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`;
    writeFileSync(join(folder, 'login-policy'), ours, { mode: 0o755 });
    for (const block of of('shell')) findings.push(...(await findingsOf(block, ['bash', '-euc', block.text])));
  }
  const counts = `${of('run').length + of('shell').length} run, ${of('check').length} only type-checked, ${of('fragment').length} fragments`;
  conclude(findings, `The snippets of ${pages.length} pages hold: ${counts}; other shell blocks are not run.`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/**
 * Compiles each block as a module of its own, under the workspace's strict options. Blank lines replace the text above
 * it, so that errors have the line numbers of its page.
 */
async function findingsOfCompiler(typed) {
  rmSync(modules, { recursive: true, force: true });
  for (const block of typed) {
    mkdirSync(dirname(moduleOf(block)), { recursive: true });
    writeFileSync(moduleOf(block), `${'\n'.repeat(block.line - 1)}${block.text}\n`);
  }
  const { code, output } = await run([tool('tsc'), '-p', '.ci/snippets', '--pretty', 'false']);
  return code === 0 ? [] : [output.trimEnd().replaceAll(inModules, '$1')];
}

function moduleOf({ page, line }) {
  return join(modules, `${page}.${line}.ts`);
}

/** Runs a block in a folder of its own, or one of shell in that of its page, with our program on the path. */
async function findingsOf({ output: expected, ...block }, command) {
  const cwd = join(folder, block.kind === 'shell' ? block.page : placeOf(block));
  mkdirSync(cwd, { recursive: true });
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}`, HOME: cwd, GIT_CONFIG_NOSYSTEM: '1' };
  const { code, stdout, output } = await run(command, { cwd, env, timeout: longestMs });
  if (code !== 0) return [`${placeOf(block)}: ended with exit code ${code}\n${output.replaceAll(inModules, '$1')}`];
  if (expected === undefined || isAsExpected(stdout, expected.text)) return [];
  return [`${placeOf(expected)}: the page says\n${expected.text}\nbut the block above it wrote\n${stdout}`];
}
