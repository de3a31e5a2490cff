/**
 * Checks that every relative link in our Markdown leads to an existing file and heading. The same applies to pages
 * named in comments, because users of the packages read the comments.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { conclude, ourFiles, root, run, textOf } from './workspace.mjs';

const packages = ['-p', 'markdownlint-cli2@0.20.0', '-p', 'markdownlint-rule-relative-links@3.0.0'];
const pages = ourFiles('.', /\.md$/);
const sources = ['packages', 'examples']
  .flatMap((room) => ourFiles(room, /\.tsx?$/))
  .filter((file) => file.includes('/src/'));
const named = sources.flatMap((file) => textOf(file).match(/\bdocs\/[\w/.-]+\.md(?:#[\w-]+)?/g) ?? []);

mkdirSync(join(root, '.data'), { recursive: true });
writeFileSync(join(root, '.data', 'named-by-code.md'), named.map((page) => `[named](../${page})\n`).join(''));
const linter = ['--yes', ...packages, 'markdownlint-cli2', '--config', '.config/links.markdownlint-cli2.jsonc'];
const { code, output } = await run(['npx', ...linter]);

const linked = new Set(
  pages.flatMap((page) =>
    [...textOf(page).matchAll(/\]\(([^)#\s]+)/g)].map(([, to]) => posix.join(posix.dirname(page), to)),
  ),
);
conclude(
  [
    ...(code === 0 ? [] : [output]),
    ...pages
      .filter((page) => page.startsWith('docs/') && !linked.has(page))
      .map((page) => `${page}: no page leads to it`),
  ],
  `The relative links of ${pages.length} pages lead somewhere, and so do ${named.length} pages named by the code.`,
);
