/** Every name a package exports has a doc comment directly before its declaration (STYLE 11). */
import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { conclude, manifestOf, members, root, textOf } from './workspace.mjs';

const exportLists = /export\s+(?:type\s+)?\{([^}]*)\}\s*(?:from\s*'([^']+)')?/g;

/** What an application has to learn of the kernel; what the author of a store needs stands in its entry `./store`. */
const mostNames = { 'packages/event-sourcing/src/index.ts': 60 };

const exported = members()
  .filter((member) => member.startsWith('packages/'))
  .flatMap(entriesOf)
  .flatMap((index) => [...namesListedIn(index), ...namesDeclaredIn(index)].map((name) => ({ index, name })));

const findings = [
  ...exported.map(({ index, name }) => findingFor(index, name)).filter((finding) => finding !== undefined),
  ...Object.entries(mostNames).flatMap(([index, most]) => findingOfCount(index, most)),
];
conclude(findings, `${exported.length} exported names have a doc comment.`);

/** The source of each entry a package has. */
function entriesOf(member) {
  const entries = Object.values(manifestOf(member).exports ?? { '.': { default: './dist/index.js' } });
  const sources = entries.map(({ default: built }) => built?.replace(/^\.\/dist\//, 'src/').replace(/\.js$/, '.ts'));
  return sources
    .filter((source) => source !== undefined)
    .map((source) => `${member}/${source}`)
    .filter((source) => existsSync(join(root, source)));
}

function findingOfCount(index, most) {
  const { length } = exported.filter((one) => one.index === index);
  return length <= most
    ? []
    : [`${index}: exports ${length} names, and at most ${most} may be learnt by an application`];
}

function namesListedIn(file) {
  return [...textOf(file).matchAll(exportLists)].flatMap(([, names]) => splitNames(names).map(({ outer }) => outer));
}

function namesDeclaredIn(file) {
  const declared =
    /^export (?:declare |abstract |async )*(?:function\*?|const|let|class|interface|type) ([A-Za-z_$][\w$]*)/gm;
  return [...textOf(file).matchAll(declared)].map(([, name]) => name);
}

/** `type A, b as c` → what each is called inside and outside. */
function splitNames(names) {
  const written = names.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '').split(',');
  const parts = written.map((name) => name.trim().replace(/^type\s+/, '')).filter((name) => name !== '');
  return parts.map((name) => {
    const [inner, outer = inner] = name.split(/\s+as\s+/);
    return { inner, outer };
  });
}

function findingFor(file, name) {
  const from = sourceOf(file, name);
  if (from?.path?.startsWith('.')) {
    return findingFor(posix.join(posix.dirname(file), from.path).replace(/\.js$/, '.ts'), from.inner);
  }
  if (from?.path !== undefined) return `${file}: ${name} comes from ${from.path}; a package exports what it declares`;
  const declaration = declarationOf(file, from?.inner ?? name);
  if (declaration === undefined) return `${file}: the declaration of ${name} was not found`;
  if (declaration.documented) return undefined;
  return `${file}:${declaration.line}: ${name} is exported and has no doc comment`;
}

function sourceOf(file, name) {
  for (const [, names, path] of textOf(file).matchAll(exportLists)) {
    const found = splitNames(names).find(({ outer }) => outer === name);
    if (found !== undefined) return { inner: found.inner, path };
  }
  return undefined;
}

function declarationOf(file, name) {
  const escaped = name.replaceAll('$', '\\$');
  const declares = new RegExp(
    `^(?:export )?(?:declare |abstract |async )*(?:function\\*?|const|let|class|interface|type) ${escaped}(?![\\w$])`,
  );
  const lines = textOf(file).split('\n');
  const index = lines.findIndex((line) => declares.test(line));
  return index === -1 ? undefined : { line: index + 1, documented: endsDocComment(lines, index - 1) };
}

function endsDocComment(lines, last) {
  if (!lines[last]?.trimEnd().endsWith('*/')) return false;
  const first = lines.slice(0, last + 1).findLastIndex((line) => line.includes('/*'));
  return /^\/\*\*(?!\/)/.test(lines[first]?.trimStart() ?? '');
}
