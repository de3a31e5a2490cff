/**
 * Tests the import rules of .config/walls.mjs: a file with each forbidden import, in every form of an import, must fail
 * the linter. Allowed imports must pass. The files are in a temporary folder.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rooms } from '../.config/walls.mjs';
import { conclude, root, run, tool } from './workspace.mjs';

const forms = {
  value: (name) => `import * as planted from '${name}';\nexport const kept = planted;\n`,
  type: (name) => `import type { Planted } from '${name}';\nexport type Kept = Planted;\n`,
  sideEffect: (name) => `import '${name}';\n`,
  reexport: (name) => `export { planted } from '${name}';\n`,
  star: (name) => `export * from '${name}';\n`,
  dynamic: (name) => `export const kept = await import('${name}');\n`,
};
const strangers = ['proofs', 'benchmarks', 'a-package-to-come', 'domain/dist/evolve.js', 'event-sourcing/src/index.js'];
const named = [...Object.values(rooms).flatMap(({ may }) => may), ...strangers.map((name) => `@login-policy/${name}`)];
/**
 * The rules of ARCHITECTURE in another form, to detect a mistake in the table: these imports are forbidden in that
 * folder.
 */
const said = {
  'packages/a-package-to-come/src': named,
  'packages/event-sourcing/src': [...named, 'node:crypto'],
  'packages/domain/src/policy': ['../commands/any.js', '../reads/any.js', 'node:fs'],
  'packages/domain/src': [
    'node:fs',
    '@login-policy/event-sourcing/store',
    '@login-policy/store-sqlite',
    '@login-policy/testkit',
  ],
  'packages/store-sqlite/src': [
    '@login-policy/domain',
    '@login-policy/store-postgres',
    '@login-policy/testkit',
    'pg-pool',
    '@grpc/grpc-js',
  ],
  'packages/api/src': ['@login-policy/store-sqlite', '@login-policy/event-sourcing/store', 'pg'],
  'examples/any/src': ['@login-policy/testkit', '@login-policy/event-sourcing/store', '@login-policy/example-any'],
};
const allowed = {
  'packages/domain/src': ['./near.js', './commands/any.js', 'luxon'],
  'packages/domain/src/commands': ['../policy/any.js', './any.js'],
  'packages/domain/src/reads': ['../policy/any.js', './any.js'],
  'packages/store-sqlite/src': ['node:fs'],
};

/** What our own rules refuse (.config/lint-rules.mjs). */
const bad = {
  'domain/src/instanceof.ts': 'export const isFault = (caught) => caught instanceof Fault;\n',
  'domain/src/word.ts': '/** Kept for ever. */\nexport const kept = 1;\n',
  'domain/src/sentence.ts': "export const told = 'whoever asks is told';\n",
  'domain/src/banner.ts': '// ------ rules ------\n',
  'domain/src/star.ts': "export * from './word.js';\n",
  'domain/src/name.ts': 'export class PolicyManager {}\n',
  'domain/src/other-name.ts': "export { kept as keepUtil } from './word.js';\n",
  'domain/src/policy-helpers.ts': 'export const kept = 1;\n',
  'domain/test/long.test.ts': `it('a test', () => {${'\n'.repeat(41)}});\n`,
  'domain/src/index.ts': `export { ${Array.from({ length: 71 }, (_, at) => `name${at}`).join(', ')} } from './word.js';\n`,
};

const garden = mkdtempSync(join(tmpdir(), 'walls-'));
try {
  cpSync(join(root, '.config'), join(garden, '.config'), { recursive: true });
  const plants = [
    ...Object.entries(rooms).flatMap(([room, { may }]) =>
      named.flatMap((name) => plant(room, name, may.includes(name))),
    ),
    ...Object.entries(rooms).flatMap(([room, { notBeside = [] }]) =>
      notBeside.flatMap((name) => plant(room, `../${name}/any.js`, false)),
    ),
    ...Object.entries(said).flatMap(([room, names]) => names.flatMap((name) => plant(room, name, false))),
    ...Object.entries(bad).map(plantOne),
    ...Object.entries(allowed).flatMap(([room, names]) => names.flatMap((name) => plant(room, name, true))),
  ];
  const reported = await reportedIn(garden);
  const findings = plants
    .filter(({ file, may, by }) => may === reported.has(`${by} ${file}`))
    .map(({ file, may }) => `${file} is ${may ? 'refused' : 'let through'}.`);
  conclude(
    [...new Set(findings)],
    `${new Set(plants.filter(({ may }) => !may).map(({ file }) => file)).size} forbidden imports and other breaches were noticed.`,
  );
} finally {
  rmSync(garden, { recursive: true, force: true });
}

function plant(anyRoom, anyName, may) {
  const [room, name] = [anyRoom, anyName].map((glob) => glob.replace('*', 'any'));
  mkdirSync(join(garden, room), { recursive: true });
  return Object.entries(forms).map(([form, source]) => {
    const file = `${room}/${name.replaceAll(/[^a-z0-9]+/g, '-')}.${form}.${may ? 'allowed' : 'forbidden'}.ts`;
    writeFileSync(join(garden, file), source(name));
    return { file, may, by: 'eslint' };
  });
}

function plantOne([path, source]) {
  const file = `packages/${path}`;
  writeFileSync(join(garden, file), source);
  return { file, may: false, by: 'ours' };
}

async function reportedIn(cwd) {
  const { stdout, output } = await run([tool('oxlint'), '--config', '.config/oxlint.mjs', '--format', 'json', '.'], {
    cwd,
  });
  if (!stdout.startsWith('{')) throw new Error(`oxlint did not run:\n${output}`);
  const { diagnostics } = JSON.parse(stdout);
  const counted = diagnostics.filter(({ code }) => /^eslint\(no-restricted-imports\)|^ours\(/.test(code));
  return new Set(counted.map(({ code, filename }) => `${code.split('(')[0]} ${filename.replaceAll('\\', '/')}`));
}
