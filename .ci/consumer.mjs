import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { blocksOf, isAsExpected } from './snippets/blocks.mjs';
import { manifestIn, root, run, textOf, tool } from './workspace.mjs';

/** The oldest version the tutorial promises. The newest is the workspace's own. */
const oldestTypeScript = '5.7.3';

/** The other runtimes that docs/tutorial/your-own-service.md promises. */
const runtimes = { 'bun@1.4.5': ['bun'], 'deno@2.9.6': ['deno', 'run', '--allow-all'] };

/**
 * The Node versions that the command line supports according to its package.json. They are installed from npm: the
 * platform's own packages, without an install script.
 */
const nodes = [22, 24, 26];
const from = `npm:node-${process.platform}-${process.arch}`;

const install = ['npm', '--no-audit', '--no-fund', '--prefer-offline', 'install'];

/** The commands of a team that keeps its policies in git, each with the expected exit code. */
const life = [
  ['migrate', 0],
  ['plan policies.yaml --out plan.json', 2],
  ['apply plan.json --yes', 0],
  ['plan policies.yaml', 0],
  ['change allowRegister=no --yes', 0],
  ['drift policies.yaml', 2],
  ['copy sqlite:iam.db sqlite:copy.db', 0],
  ['verify --store sqlite:copy.db', 0],
];
const policies = `instance: iam
default: { settings: { allowRegister: true }, secondFactors: [TOTP], multiFactors: [U2F_WITH_VERIFICATION] }
organizations:
  acme: { settings: { forceMfa: true }, secondFactors: [U2F] }
`;

const options = {
  target: 'es2022',
  module: 'nodenext',
  moduleResolution: 'nodenext',
  strict: true,
  skipLibCheck: false,
  outDir: 'js',
  rootDir: '.',
  types: ['node'],
};

/** A program by a user of the packages. It checks that dates and durations are luxon's. */
const program = `
import { jsonWebTokens } from '@login-policy/api';
import { openLoginPolicies, type LoginSettingsChange, type LoginSettingsView } from '@login-policy/domain';
import { openMemoryStore } from '@login-policy/event-sourcing';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { openPostgresStore } from '@login-policy/store-postgres';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { replay } from '@login-policy/testkit';
import { storeContract } from '@login-policy/testkit/contracts';

// @ts-expect-error a lifetime is text
export const wrong: LoginSettingsChange = { lifetimes: { passwordCheck: true } };
// @ts-expect-error a pool is one of pg's
export const noPool: Parameters<typeof openPostgresStore>[0] = { pool: 'a pool' };

export const hoursOf = ({ lifetimes }: LoginSettingsView): number => lifetimes.passwordCheck.as('hours');
export const opened = await openLoginPolicies({ store: openMemoryStore() });
export const others = [jsonWebTokens, connectEventStoreDb, openPostgresStore, openSqliteStore, replay, storeContract];
await opened.close();
`;

/**
 * Installs the tarballs with plain npm into an empty project outside the workspace, and uses them there as a user does.
 * The project's npm configuration refuses to download packages of ours. No test runner is installed there.
 */
export async function findingsOfConsumer(packs, cwd) {
  const readme = blocksOf('README.md', textOf('README.md')).find(({ kind }) => kind === 'run');
  mkdirSync(cwd);
  const write = (file, text) => writeFileSync(join(cwd, file), text);
  write('package.json', '{ "type": "module" }');
  write('.npmrc', '@login-policy:registry=http://127.0.0.1:9/\nfetch-retries=1\nfetch-retry-mintimeout=100\n');
  write('program.ts', program);
  write('readme.ts', readme.text);
  write('tsconfig.json', JSON.stringify({ compilerOptions: options, files: ['program.ts', 'readme.ts'] }));
  const installed = await attempt('npm install', [...install, ...wantedOf(packs)], { cwd });
  if (installed.length > 0) return installed;
  const names = packs.map(({ name }) => name);
  return [
    ...(await attempt('the newest TypeScript', [tool('tsc'), '-p', '.'], { cwd })),
    ...(await attempt('the oldest TypeScript', [process.execPath, compilerIn(cwd), '-p', '.'], { cwd })),
    ...(await attempt('a program', [process.execPath, 'js/program.js'], { cwd })),
    ...(await attempt("README's program", [process.execPath, 'js/readme.js'], { cwd, expected: readme.output.text })),
    ...(await onOtherRuntimes(cwd, readme.output.text.replaceAll("'", '"'))),
    ...(await commandLineOnNodes(cwd)),
    ...(await attempt('require', [process.execPath, '--input-type=commonjs', '-e', requiring(names)], { cwd })),
    ...(await bundledForBrowser(cwd)),
  ];
}

function wantedOf(packs) {
  const types = manifestIn('package.json').devDependencies['@types/node'];
  const tools = [`typescript@${oldestTypeScript}`, `@types/node@${types}`, ...Object.keys(runtimes)];
  return [
    ...packs.map(({ filename }) => filename),
    ...tools,
    ...nodes.map((version) => `${nodeOf(version)}@${from}@${version}`),
  ];
}

function nodeOf(version) {
  return `node-${version}`;
}

function compilerIn(folder) {
  return join(folder, 'node_modules', 'typescript', 'bin', 'tsc');
}

function requiring(names) {
  return names.map((name) => `if (Object.keys(require('${name}')).length === 0) throw new Error('${name}');`).join('');
}

async function attempt(what, command, { cwd, expected, env, ends = 0 }) {
  const { code, stdout, output } = await run(command, { cwd, env });
  if (code === ends && (expected === undefined || isAsExpected(stdout, expected))) return [];
  return [`In a project with the packed packages, ${what} fails:\n${output}`];
}

/** Runs the command line, as npm installs it, on each Node version, in an empty folder. */
async function commandLineOnNodes(folder) {
  const bin = join(folder, 'node_modules', '.bin', 'login-policy');
  const findings = [];
  for (const version of nodes) {
    const cwd = join(folder, `cli-${version}`);
    mkdirSync(cwd);
    writeFileSync(join(cwd, 'policies.yaml'), policies);
    const node = join(folder, 'node_modules', nodeOf(version), 'bin', 'node');
    const env = { ...process.env, LOGIN_POLICY_STORE: 'sqlite:iam.db', LOGIN_POLICY_ACTOR: 'ci' };
    for (const [line, ends] of life) {
      const command = [node, bin, ...line.split(' ')];
      findings.push(...(await attempt(`login-policy ${line} on Node ${version}`, command, { cwd, env, ends })));
    }
  }
  return findings;
}

/** Runs README's program on each runtime, in an empty folder. These runtimes print text in double quotes. */
async function onOtherRuntimes(folder, expected) {
  const findings = [];
  for (const [runtime, [name, ...flags]] of Object.entries(runtimes)) {
    const cwd = join(folder, name);
    mkdirSync(cwd);
    const command = [join(folder, 'node_modules', '.bin', name), ...flags, '../js/readme.js'];
    findings.push(...(await attempt(`README's program on ${runtime}`, command, { cwd, expected })));
  }
  return findings;
}

/** Bundles the pure packages with all their imports. The bundle must not use anything of Node. */
async function bundledForBrowser(folder) {
  const vite = createRequire(join(root, 'examples', 'admin-page', 'package.json')).resolve('vite');
  const { build } = await import(pathToFileURL(vite).href);
  const entry = join(folder, 'browser.js');
  writeFileSync(entry, "export * from '@login-policy/domain';\nexport * from '@login-policy/event-sourcing';\n");
  const lib = { entry, formats: ['es'], fileName: 'browser' };
  const bundling = { root: folder, configFile: false, logLevel: 'silent', build: { write: false, minify: false, lib } };
  const [{ output }] = await build(bundling);
  const code = output.map((part) => part.code ?? '').join('\n');
  const found = /__vite-browser-external|from\s*["']node:/.exec(code);
  return found === null ? [] : [`the domain needs Node: ${code.slice(found.index, found.index + 80)}`];
}
