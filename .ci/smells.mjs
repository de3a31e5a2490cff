/**
 * Checks the rules of STYLE.md for which neither the linter nor the compiler has a rule. Each finding names its file
 * and line.
 */
import { conclude, ourFiles, textOf } from './workspace.mjs';

const code = /\.([mc]?ts|tsx|[mc]?js)$/;
const sources = ['packages', 'examples', '.ci', '.config'].flatMap((folder) => ourFiles(folder, code));
const typescript = sources.filter((file) => /\.tsx?$/.test(file));
const manifests = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...ourFiles('.', /^package\.json$/)];
const forbiddenWords = 'utils?|helpers?|managers?|common|misc|2fa';

/** Each pattern is concatenated from parts, so that it does not match this file. */
const anywhere = [
  [`(es|ox)lint-${'disable'}|prettier-${'ignore'}`, 'neither linter nor formatter is silenced'],
  [`(istanbul|c8|v8) ${'ignore'}`, 'nothing is hidden from a measurement'],
  ['^\\s*//\\s*[-=*#]{4,}', 'no banners (STYLE 12)'],
];
const inTypeScript = [
  ['^\\s*export\\s+(type\\s+)?\\*', 'every export is named (STYLE 2)'],
  [
    '^\\s*export\\b.*\\b(\\w*(Utils?|Helpers?|Manager|Misc)\\b|[uU]til[A-Z]\\w*)',
    'this word is not used in names (STYLE 3)',
  ],
];

const findings = [
  ...linesThat(sources, anywhere),
  ...linesThat(typescript, inTypeScript),
  ...linesThat(manifests, [
    ['(tarball|resolved|registry|registries)["\']?:.*https?:', "no registry's host is written down"],
  ]),
  ...sources
    .filter((file) => new RegExp(`[/.-](${forbiddenWords})[.-][^/]*$`).test(file))
    .map((file) => `${file}: this word is not used in names (STYLE 3)`),
  ...tooManyNames('packages/event-sourcing/src/index.ts', 45),
  ...tooManyNames('packages/event-sourcing/src/store/index.ts', 110),
  ...tooManyNames('packages/domain/src/index.ts', 70),
];
conclude(findings, `${sources.length} files are free of stars, switched-off rules and forbidden words.`);

function linesThat(files, patterns) {
  const rules = patterns.map(([pattern, rule]) => [new RegExp(pattern), rule]);
  return files.flatMap((file) =>
    textOf(file)
      .split('\n')
      .flatMap((line, index) =>
        rules.filter(([pattern]) => pattern.test(line)).map(([, rule]) => `${file}:${index + 1}: ${rule}`),
      ),
  );
}

/** Limits the names an application must learn of the kernel. Names for authors of stores are in the entry `./store`. */
function tooManyNames(index, most) {
  const lists = [...textOf(index).matchAll(/export (?:type )?\{([^}]*)\}/g)].map(([, names]) => names);
  const { length } = lists.flatMap((names) => names.split(',')).filter((name) => name.trim() !== '');
  return length <= most
    ? []
    : [`${index} exports ${length} names: more than ${most} is more than an application may learn`];
}
