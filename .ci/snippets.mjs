/** What the documentation shows compiles, runs, and answers what it says it answers; see .ci/snippets/blocks.mjs for the marks. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blocksOf } from './snippets/blocks.mjs';
import { compile, inPageLines, moduleOf } from './snippets/compile.mjs';
import { isAsExpected } from './snippets/expected-output.mjs';
import { conclude, ourFiles, run, textOf } from './workspace.mjs';

const longestMs = 60_000;
const pages = [...new Set([...ourFiles('.', /^README\.md$/), ...ourFiles('docs', /\.md$/)])];
const blocks = pages.flatMap((page) => blocksOf(page, textOf(page)));
const of = (kind) => blocks.filter((block) => block.kind === kind);

const findings = [
  ...of('unknown').map((block) => `${placeOf(block)}: "${block.info}" is not a mark; see .ci/snippets/blocks.mjs`),
  ...of('output')
    .filter((block) => block.orphan)
    .map((block) => `${placeOf(block)}: output of no \`ts run\` block`),
  ...(await compile([...of('check'), ...of('run')])),
];
if (findings.length === 0) for (const block of of('run')) findings.push(...(await findingsOfRunning(block)));

const counts = `${of('run').length} run, ${of('check').length} only type-checked, ${of('fragment').length} fragments`;
conclude(findings, `The TypeScript of ${pages.length} pages holds: ${counts}; shell blocks are not run.`);

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

function placeOf({ page, line }) {
  return `${page}:${line}`;
}
