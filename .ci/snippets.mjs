/**
 * Checks that the code in the documentation compiles, runs, and prints the shown output. See .ci/snippets/blocks.mjs
 * for the marks.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blocksOf } from './snippets/blocks.mjs';
import { compile, inPageLines, moduleOf } from './snippets/compile.mjs';
import { isAsExpected } from './snippets/expected-output.mjs';
import { conclude, ourFiles, root, run, textOf } from './workspace.mjs';

const longestMs = 60_000;
const pages = [...new Set([...ourFiles('.', /^README\.md$/), ...ourFiles('docs', /\.md$/)])];
const blocks = pages.flatMap((page) => blocksOf(page, textOf(page)));
const of = (kind) => blocks.filter((block) => block.kind === kind);

const findings = [
  ...of('unknown').map((block) => `${placeOf(block)}: "${block.info}" is not a mark; see .ci/snippets/blocks.mjs`),
  ...of('output')
    .filter((block) => block.orphan)
    .map((block) => `${placeOf(block)}: output of no \`run\` block`),
  ...(await compile([...of('check'), ...of('run')])),
];
if (findings.length === 0) for (const block of of('run')) findings.push(...(await findingsOfRunning(block)));
if (findings.length === 0) findings.push(...(await findingsOfShell(of('shell'))));

const counts = `${of('run').length + of('shell').length} run, ${of('check').length} only type-checked, ${of('fragment').length} fragments`;
conclude(findings, `The snippets of ${pages.length} pages hold: ${counts}; other shell blocks are not run.`);

async function findingsOfRunning(block) {
  const cwd = mkdtempSync(join(tmpdir(), 'snippet-'));
  try {
    const { code, stdout, output } = await run([process.execPath, '--enable-source-maps', moduleOf(block)], {
      cwd,
      timeoutMs: longestMs,
    });
    if (code !== 0) return [`${placeOf(block)}: ended with exit code ${code}\n${inPageLines(output)}`];
    if (block.output === undefined || isAsExpected(stdout, block.output.text)) return [];
    return [`${placeOf(block.output)}: the page says\n${block.output.text}\nbut the block above it wrote\n${stdout}`];
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

/** The shell blocks of a page run in one folder, in order, with our program on the path. */
async function findingsOfShell(shell) {
  const bin = mkdtempSync(join(tmpdir(), 'bin-'));
  const folders = new Map();
  const program = join(root, 'packages', 'cli', 'dist', 'main.js');
  writeFileSync(join(bin, 'login-policy'), `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`, {
    mode: 0o755,
  });
  try {
    const found = [];
    for (const block of shell) {
      if (!folders.has(block.page)) folders.set(block.page, mkdtempSync(join(tmpdir(), 'snippet-')));
      found.push(...(await findingsOfShellBlock(block, folders.get(block.page), bin)));
    }
    return found;
  } finally {
    for (const folder of [bin, ...folders.values()]) rmSync(folder, { recursive: true, force: true });
  }
}

async function findingsOfShellBlock({ output: expected, text, ...block }, cwd, bin) {
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, HOME: cwd, GIT_CONFIG_NOSYSTEM: '1' };
  const { code, stdout, output } = await run(['bash', '-euc', text], { cwd, env, timeoutMs: longestMs });
  if (code !== 0) return [`${placeOf(block)}: ended with exit code ${code}\n${output}`];
  if (expected === undefined || isAsExpected(stdout, expected.text)) return [];
  return [`${placeOf(expected)}: the page says\n${expected.text}\nbut the block above it wrote\n${stdout}`];
}

function placeOf({ page, line }) {
  return `${page}:${line}`;
}
