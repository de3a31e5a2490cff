/**
 * Checks that the code in the documentation compiles, runs, and prints the shown output. The marks of its fenced blocks:
 *
 * ```ts           is type-checked, as a module of its own
 * ```ts run       is type-checked and run in an empty folder; it must end with exit code 0
 * ```sh run       is run by bash, in one folder for all of its page, with `login-policy` on the path; exit code 0
 * ```text output  right after a `run` block: what it must have written, with … for what differs from run to run
 * ```ts fragment  is neither: for what can't stand alone, and so rarely right
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { conclude, ourFiles, root, run, textOf } from './workspace.mjs';

const longestMs = 60_000;
/** The modules of the blocks: what they import is installed beside it. */
const modules = join(root, '.ci', 'snippets', 'dist');
const inModules = /(?:file:\/\/)?[^\s('"]*\.ci\/snippets\/dist\/(.+?\.md)\.\d+\.ts/g;
const node = [process.execPath];

const pages = ourFiles('README.md', '*/README.md', 'docs/*.md');
const blocks = pages.flatMap(blocksOf);
const of = (mark) => blocks.filter((block) => block.mark === mark);

const folder = mkdtempSync(join(tmpdir(), 'snippets-'));
try {
  const findings = blocks.flatMap(({ mark, place, isOrphan }) => {
    if (isOrphan) return [`${place}: output of no \`run\` block`];
    const isMark = !/^(ts|typescript)\b/.test(mark) || ['ts', 'ts run', 'ts fragment'].includes(mark);
    return isMark ? [] : [`${place}: "${mark}" is not a mark; see .ci/snippets.mjs`];
  });
  findings.push(...findingsOfCompiler([...of('ts'), ...of('ts run')]));
  if (findings.length === 0)
    for (const block of of('ts run')) findings.push(...findingsOf(block, [...node, block.module]));
  if (findings.length === 0) {
    const program = join(root, 'packages', 'cli', 'dist', 'main.js');
    const ours = `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`;
    writeFileSync(join(folder, 'login-policy'), ours, { mode: 0o755 });
    for (const block of of('sh run')) findings.push(...findingsOf(block, ['bash', '-euc', block.text]));
  }
  const ranCount = of('ts run').length + of('sh run').length;
  conclude(findings, `The snippets of ${pages.length} pages hold; ${ranCount} were run.`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The fenced blocks of a page, in order, without the indentation of a list. */
function blocksOf(page) {
  const text = textOf(page);
  const fences = Array.from(text.matchAll(/^( *)(```+) *(.*)\n((?:.*\n)*?) *\2 *$/gm), (fence) => {
    const [, indent, , mark, inside] = fence;
    const line = text.slice(0, fence.index).split('\n').length + 1;
    const [place, module] = [`${page}:${line}`, join(modules, `${page}.${line}.ts`)];
    return { page, line, place, module, mark, text: inside.replaceAll(new RegExp(`^${indent}`, 'gm'), '') };
  });
  return fences.map((fence, at) => ({
    ...fence,
    output: fences[at + 1]?.mark === 'text output' ? fences[at + 1] : undefined,
    isOrphan: fence.mark === 'text output' && !['ts run', 'sh run'].includes(fences[at - 1]?.mark),
  }));
}

/**
 * Compiles each block as a module of its own, under the workspace's strict options. Blank lines replace the text above
 * it, so that errors have the line numbers of its page.
 */
function findingsOfCompiler(typed) {
  rmSync(modules, { recursive: true, force: true });
  for (const { module, line, text } of typed) {
    mkdirSync(dirname(module), { recursive: true });
    writeFileSync(module, '\n'.repeat(line - 1) + text);
  }
  const { code, output } = run(['tsc', '-p', '.ci/snippets', '--pretty', 'false']);
  return code === 0 ? [] : [output.trimEnd().replaceAll(inModules, '$1')];
}

/** Runs a block in a folder of its own, or one of shell in that of its page, with our program on the path. */
function findingsOf({ output: expected, page, mark, place }, command) {
  const cwd = join(folder, mark === 'sh run' ? page : place);
  mkdirSync(cwd, { recursive: true });
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}`, HOME: cwd, GIT_CONFIG_NOSYSTEM: '1' };
  const { code, stdout, output } = run(command, { cwd, env, timeout: longestMs });
  if (code !== 0) return [`${place}: ended with exit code ${code}\n${output.replaceAll(inModules, '$1')}`];
  if (expected === undefined || isAsExpected(stdout, expected.text)) return [];
  return [`${expected.place}: the page says\n${expected.text}\nbut the block above it wrote\n${stdout}`];
}

/**
 * Whether a program wrote what its page says; blanks at the end of a line don't count.
 *
 * `…` stands for any text within its line; a line that is nothing but `…` stands for any number of lines.
 */
function isAsExpected(written, expected) {
  const neat = (text) => `${text.trimEnd().replaceAll(/[ \t]+$/gm, '')}\n`;
  const literal = neat(expected).replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const pattern = literal.replaceAll(/^ *…\n/gm, '(?:.*\\n)*?').replaceAll('…', '.*');
  return new RegExp(`^${pattern}$`).test(neat(written));
}
