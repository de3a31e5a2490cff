import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root, run, tool } from '../workspace.mjs';

const workshop = '.ci/snippets/dist';

const options = {
  extends: '../../../tsconfig.base.json',
  compilerOptions: {
    rootDir: 'ts',
    outDir: 'js',
    composite: false,
    declaration: false,
    declarationMap: false,
    isolatedDeclarations: false,
    noUnusedLocals: false,
    noUnusedParameters: false,
  },
  include: ['ts'],
};

/**
 * Compiles each block as a module of its own, under the workspace's strict options. Returns the compiler's errors with
 * the line numbers of the pages: blank lines replace the text above each block.
 */
export async function compile(blocks) {
  if (blocks.length === 0) return [];
  rmSync(join(root, workshop), { recursive: true, force: true });
  mkdirSync(join(root, workshop), { recursive: true });
  writeFileSync(join(root, workshop, 'tsconfig.json'), JSON.stringify(options));
  for (const block of blocks) {
    const file = join(root, workshop, 'ts', `${stemOf(block)}.ts`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${'\n'.repeat(block.line - 1)}${block.text}\n`);
  }
  const { code, output } = await run([tool('tsc'), '-p', workshop, '--pretty', 'false']);
  return code === 0 ? [] : [inPageLines(output)];
}

/** The compiled module of a block. */
export function moduleOf(block) {
  return join(root, workshop, 'js', `${stemOf(block)}.js`);
}

/** Replaces the locations in the compiled files by those in the pages. */
export function inPageLines(text) {
  const inWorkshop = /(?:file:\/\/)?[^\s('"]*\.ci\/snippets\/dist\/(?:ts|js)\/(.+?\.md)\.\d+\.(?:ts|js)/g;
  return text.trimEnd().replaceAll(inWorkshop, '$1');
}

function stemOf({ page, line }) {
  return `${page}.${line}`;
}
