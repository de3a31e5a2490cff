/**
 * Tests the import rules of .config/walls.mjs, and the rules of ours: a file with each forbidden import, in every form of
 * an import, must fail the linter. Allowed imports must pass. The files are in a temporary folder.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { rooms } from '../.config/walls.mjs';
import { conclude, root, run } from './workspace.mjs';

const forms = {
  value: (name) => `import * as planted from '${name}';\nexport const kept = planted;\n`,
  type: (name) => `import type { Planted } from '${name}';\nexport type Kept = Planted;\n`,
  sideEffect: (name) => `import '${name}';\n`,
  reexport: (name) => `export { planted } from '${name}';\n`,
  star: (name) => `export * from '${name}';\n`,
  dynamic: (name) => `export const kept = await import('${name}');\n`,
};
const ours = (...names) => names.map((name) => `@login-policy/${name}`);
const named = [
  ...Object.values(rooms).flatMap(({ may }) => may),
  ...ours('proofs', 'benchmarks', 'a-package-to-come', 'domain/dist/evolve.js', 'event-sourcing/src/index.js'),
];
/**
 * The import rules in another form, to detect a mistake in the table: these imports are forbidden in that
 * folder.
 */
const said = {
  'packages/a-package-to-come/src': named,
  'packages/event-sourcing/src': [...named, 'node:crypto'],
  'packages/domain/src/policy': ['../commands/any.js', '../reads/any.js', 'node:fs'],
  'packages/domain/src': [
    'node:fs',
    './people/any.js',
    './rollout/any.js',
    ...ours('event-sourcing/store', 'store-sqlite', 'testkit', 'witness', 'proposals'),
  ],
  'packages/domain/src/sign-in': ['../people/any.js', '../analysis/any.js', '../backtest/any.js', '../preview/any.js'],
  'packages/domain/src/backtest': ['../sign-in/any.js', '../people/any.js', 'node:fs'],
  'packages/domain/src/reads': ['../changes/any.js', '../audit/any.js'],
  'packages/domain/src/rollout': ['../preview/any.js', '../changes/any.js'],
  'packages/domain/src/people': ['../sign-in/any.js', '../analysis/any.js', '../login-policies.js', 'node:fs'],
  'packages/domain/src/analysis': ['../sign-in/any.js', '../people/any.js'],
  'packages/store-sqlite/src': [...ours('domain', 'store-postgres', 'testkit'), 'pg-pool', '@grpc/grpc-js'],
  'packages/api/src': ['pg', ...ours('store-sqlite', 'event-sourcing/store', 'witness', 'proposals')],
  'packages/proposals/src': ['pg', ...ours('event-sourcing/store', 'store-sqlite', 'witness')],
  'packages/witness/src': ['pg', ...ours('event-sourcing/store', 'store-sqlite', 'api')],
  'examples/any/src': ours('testkit', 'event-sourcing/store', 'example-any'),
};
const allowed = {
  'packages/domain/src': ['./near.js', './commands/any.js', 'luxon'],
  'packages/domain/src/commands': ['../policy/any.js', './any.js'],
  'packages/domain/src/reads': ['../policy/any.js', './any.js'],
  'packages/domain/src/rollout': ['../commands/any.js', '../reads/any.js', '../policy-parts.js'],
  'packages/domain/src/people': ['../index.js', '../model.js', './any.js', 'luxon'],
  'packages/store-sqlite/src': ['node:fs'],
};

/** What each rule of ours refuses (.config/lint-rules.mjs), and two rules of the linter. */
const bad = [
  ['ours(instanceof-across-copies)', 'src/own.ts', 'class Own {}\nexport const isOwn = (one) => one instanceof Own;\n'],
  ['ours(atomic-updates)', 'src/counted.ts', 'let left = 1;\nleft -= await Promise.resolve(left);\n'],
  ['ours(atomic-updates)', 'src/member.ts', 'const a = { n: 1 };\na.n = a.n + (await Promise.resolve(1));\n'],
  ['ours(telling-names)', 'src/name.ts', 'export class PolicyManager {}\n'],
  ['ours(telling-names)', 'src/other-name.ts', "export { kept as keepUtil } from './word.js';\n"],
  ['ours(telling-names)', 'src/policy-helpers.ts', 'export const kept = 1;\n'],
  ['ours(max-lines-per-test)', 'test/long.test.ts', `it('a test', () => {${'\n'.repeat(41)}});\n`],
  [
    'ours(max-exports)',
    'src/index.ts',
    `export { ${Array.from({ length: 71 }, (_, at) => `a${at}`).join()} } from './a.js';\n`,
  ],
  ['eslint(no-warning-comments)', 'src/banner.ts', '// ------ rules ------\n'],
  ['oxc(no-barrel-file)', 'src/star.ts', "export * from './word.js';\n"],
];
const wall = 'eslint(no-restricted-imports)';

const garden = mkdtempSync(join(tmpdir(), 'walls-'));
try {
  cpSync(join(root, '.config'), join(garden, '.config'), { recursive: true });
  const plants = [
    ...Object.entries(rooms).flatMap(([room, { may, notBeside = [] }]) => [
      ...named.flatMap((name) => imports(room, name, may.includes(name))),
      ...notBeside.flatMap((name) => imports(room, `../${name}/any.js`, false)),
    ]),
    ...Object.entries(said).flatMap(([room, names]) => names.flatMap((name) => imports(room, name, false))),
    ...Object.entries(allowed).flatMap(([room, names]) => names.flatMap((name) => imports(room, name, true))),
    ...bad.map(([code, file, source]) => ({ file: `packages/domain/${file}`, source, code, may: false })),
  ];
  for (const { file, source } of plants) {
    mkdirSync(join(garden, dirname(file)), { recursive: true });
    writeFileSync(join(garden, file), source);
  }
  const { stdout, output } = run(['oxlint', '--config', '.config/oxlint.mjs', '--format', 'json'], {
    cwd: garden,
  });
  if (!stdout.startsWith('{')) throw new Error(`oxlint did not run:\n${output}`);
  const reported = new Set(JSON.parse(stdout).diagnostics.map(({ code, filename }) => `${filename}: ${code}`));
  const findings = plants
    .filter(({ file, code, may }) => may === reported.has(`${file}: ${code}`))
    .map(({ file, may }) => `${file} is ${may ? 'refused' : 'let through'}.`);
  const forbidden = new Set(plants.filter(({ may }) => !may).map(({ file }) => file));
  conclude([...new Set(findings)], `${forbidden.size} forbidden imports and other breaches were noticed.`);
} finally {
  rmSync(garden, { recursive: true, force: true });
}

function imports(anyRoom, anyName, may) {
  const [room, name] = [anyRoom, anyName].map((glob) => glob.replace('*', 'any'));
  return Object.entries(forms).map(([form, source]) => {
    const file = `${room}/${name.replaceAll(/[^a-z0-9]+/g, '-')}.${form}.${may ? 'allowed' : 'forbidden'}.ts`;
    return { file, source: source(name), code: wall, may };
  });
}
