/**
 * Every relative link in our Markdown leads to a file that is there, and to a heading that is there. So does each page that a
 * comment of the code names: who installs a package reads them, and has nothing else to look the rule up in.
 */
import { existsSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { conclude, ourFiles, root, textOf } from './workspace.mjs';

const pages = ourFiles('.', /\.md$/);
const fences = /^(```|~~~)[\s\S]*?^\1/gm;
const sources = ['packages', 'examples']
  .flatMap((room) => ourFiles(room, /\.tsx?$/))
  .filter((file) => /\/src\//.test(file));
const links = pages.flatMap(linksOf);
const named = sources.flatMap(pagesNamedIn);
conclude(
  [
    ...links.map(findingFor).filter((finding) => finding !== undefined),
    ...named.map(findingFor).filter((finding) => finding !== undefined),
    ...[...pages, ...sources]
      .filter((file) => /\bSPEC\b/.test(textOf(file)))
      .map((file) => `${file}: name a page of docs, not the SPEC`),
    ...pages
      .filter((page) => page.startsWith('docs/') && !isLinked(page))
      .map((page) => `${page}: no page leads to it`),
  ],
  `${links.length} relative links in ${pages.length} pages lead somewhere, and so do ${named.length} pages named by the code.`,
);

function isLinked(page) {
  return links.some((link) => posix.join(posix.dirname(link.page), link.target.split('#')[0]) === page);
}

function pagesNamedIn(file) {
  const up = '../'.repeat(file.split('/').length - 1);
  return [...textOf(file).matchAll(/\bdocs\/[\w/.-]+\.md(?:#[\w-]+)?/g)].map(([target]) => ({
    page: file,
    target: up + target,
  }));
}

function linksOf(page) {
  const prose = textOf(page)
    .replace(fences, '')
    .replaceAll(/`[^`\n]*`/g, '');
  const targets = [...prose.matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g)].map(([, target]) => target);
  return targets.filter((target) => !/^[a-z][a-z+.-]*:/i.test(target)).map((target) => ({ page, target }));
}

function findingFor({ page, target }) {
  const [path, heading] = decodeURIComponent(target).split('#');
  const file = path === '' ? page : posix.join(posix.dirname(page), path);
  if (!existsSync(join(root, file))) return `${page}: ${target} is not there`;
  if (heading === undefined || statSync(join(root, file)).isDirectory() || !file.endsWith('.md')) return undefined;
  return headingsOf(file).includes(heading) ? undefined : `${page}: ${target} has no such heading`;
}

/** As GitHub makes anchors: lower case, no punctuation, a dash for each space. */
function headingsOf(file) {
  const titles = [
    ...textOf(file)
      .replace(fences, '')
      .matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm),
  ].map(([, title]) => title);
  return titles.map((title) => {
    const plain = title.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    return plain.replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(/\s/g, '-');
  });
}
