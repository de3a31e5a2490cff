/**
 * Checks that every relative link in our Markdown leads to an existing file and heading, and that a page of docs is led
 * to. The same applies to pages named in comments, because users of the packages read the comments.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { conclude, ourFiles, root, run, textOf } from './workspace.mjs';

const packages = ['-p', 'markdownlint-cli2@0.20.0', '-p', 'markdownlint-rule-relative-links@3.0.0'];
const config = '.config/links.markdownlint-cli2.jsonc';
const pages = ourFiles('*.md');
const sources = ourFiles('packages/*/src/*.ts', 'examples/*/src/*.ts', 'examples/*/src/*.tsx');
const named = sources.flatMap((file) => textOf(file).match(/\bdocs\/[\w/.-]+\.md(?:#[\w-]+)?/g) ?? []);

mkdirSync(join(root, '.data'), { recursive: true });
const fromCode = '.data/named-by-code.md';
writeFileSync(join(root, fromCode), named.map((page) => `[named](../${page})\n`).join(''));
const { code, output } = run([
  'npx',
  '--yes',
  ...packages,
  'markdownlint-cli2',
  '--config',
  config,
  ...pages,
  fromCode,
]);

const linked = pages.flatMap((page) =>
  Array.from(textOf(page).matchAll(/\]\(([^)#\s]+)/g), ([, to]) => posix.join(posix.dirname(page), to)),
);
const lost = pages.filter((page) => page.startsWith('docs/') && !linked.includes(page));
conclude(
  [...(code === 0 ? [] : [output]), ...lost.map((page) => `${page}: no page leads to it`)],
  `The relative links of ${pages.length} pages lead somewhere, and so do ${named.length} pages named by the code.`,
);
