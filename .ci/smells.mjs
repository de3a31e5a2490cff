/** What STYLE.md forbids and the linter has no rule for. Each finding names its file and line. */
import { posix } from 'node:path';
import { longTests } from './long-tests.mjs';
import { conclude, ourFiles, textOf } from './workspace.mjs';

const code = /\.(ts|mts|cts|js|mjs|cjs)$/;
const sources = ['packages', 'examples', '.ci', '.config'].flatMap((folder) => ourFiles(folder, code));
const typescript = sources.filter((file) => file.endsWith('.ts'));

const findings = [
  ...typescript.flatMap((file) => linesThat(file, typescriptSmells())),
  ...sources.flatMap((file) => [...linesThat(file, smells()), ...badName(file)]),
  ...registryHosts(),
  ...tooManyNames('packages/event-sourcing/src/index.ts', 60),
  ...(await longTests()),
];
conclude(findings, `${sources.length} files are free of double casts, stars, switched-off rules and forbidden words.`);

/** Each pattern is put together from halves, so that this file does not find itself. */
function smells() {
  return [
    [new RegExp(`(es|ox)lint-${'disable'}`), 'a lint rule is not switched off by comment; see .config/oxlintrc.json'],
    [new RegExp(`@ts-${'(ignore|nocheck)'}`), 'the compiler is not silenced'],
    [new RegExp(`prettier-${'ignore'}`), 'the formatter is not silenced'],
    [new RegExp(`(istanbul|c8|v8) ${'ignore'}`), 'nothing is hidden from a measurement'],
    [/^\s*\/\/\s*[-=*#]{4,}/, 'no banners (STYLE 12)'],
    [/\b(describe|it|context)\.(only|skip)\b|\bx(describe|it)\(|\bthis\.skip\(/, 'no test is singled out or skipped'],
  ];
}

function typescriptSmells() {
  return [
    [/\bas unknown as\b|<unknown>\s*</, 'no double cast (STYLE 6)'],
    [/^\s*export\s+(type\s+)?\*/, 'every export is named (STYLE 2)'],
    [/^\s*(export\s+)?(declare\s+)?(const\s+)?enum\s/, 'no enum (STYLE 6)'],
    [/^\s*export default\b/, 'no default export (STYLE 2)'],
    [
      /^\s*export\b.*\b(\w*(Util|Utils|Helper|Helpers|Manager|Misc)\b|[uU]til[A-Z]\w*)/,
      'this word is not used in names (STYLE 3)',
    ],
    [/\bURL\.canParse\(/, 'on Node 20 and 22 it denies hosts that are not ASCII, once it is hot; new URL in a try'],
    [/\bimport\.meta\.(main|dirname|filename)\b/, 'Node 20.19 does not have this yet'],
  ];
}

function linesThat(file, patterns) {
  const lines = textOf(file).split('\n');
  return lines.flatMap((line, index) =>
    patterns.filter(([pattern]) => pattern.test(line)).map(([, rule]) => `${file}:${index + 1}: ${rule}`),
  );
}

function badName(file) {
  const words = posix.basename(file).split(/[.-]/);
  const bad = words.filter((word) => /^(utils?|helpers?|managers?|common|misc|2fa)$/.test(word));
  return bad.map((word) => `${file}: "${word}" is not used in names (STYLE 3)`);
}

/** No registry's host is written down: the machine's own setting decides. */
function registryHosts() {
  const files = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...ourFiles('.', /^package\.json$/)];
  const host = /(tarball|resolved|registry|registries)["']?:.*https?:/;
  return files.flatMap((file) => linesThat(file, [[host, "no registry's host is written down"]]));
}

/** What an application has to learn of the kernel; what the author of a store needs stands in its entry `./store`. */
function tooManyNames(index, most) {
  const lists = [...textOf(index).matchAll(/export (?:type )?\{([^}]*)\}/g)].map(([, names]) => names);
  const { length } = lists.flatMap((names) => names.split(',')).filter((name) => name.trim() !== '');
  return length <= most
    ? []
    : [`${index} exports ${length} names: more than ${most} is more than an application may learn`];
}
