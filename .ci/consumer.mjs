import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { manifestOf, root, run, tool } from './workspace.mjs';

const options = {
  target: 'es2022',
  module: 'nodenext',
  moduleResolution: 'nodenext',
  strict: true,
  skipLibCheck: false,
  noEmit: true,
  types: ['node'],
};

/** What somebody writes who installed the packages: dates and durations are luxon's, and not whatever one likes. */
const program = `
import { jsonWebTokens } from '@login-policy/api';
import { defaultSettings, openLoginPolicies, type LoginSettingsChange } from '@login-policy/domain';
import { openMemoryStore } from '@login-policy/event-sourcing';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { openPostgresStore } from '@login-policy/store-postgres';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { replay } from '@login-policy/testkit';

// @ts-expect-error a lifetime is a Duration
export const wrong: LoginSettingsChange = { lifetimes: { passwordCheck: true } };

export const hours: number = defaultSettings.lifetimes.passwordCheck.as('hours');
export const opened = openLoginPolicies({ store: openMemoryStore() });
export const others = [jsonWebTokens, connectEventStoreDb, openPostgresStore, openSqliteStore, replay];
`;

/**
 * Compiles a program outside the workspace against what npm would get: the packed packages, their dependencies and peers, and
 * nothing else that happens to lie about here. Each pack names its member and its tarball.
 */
export async function findingsOfConsumer(packs, folder) {
  for (const { member, filename } of packs) {
    const place = join(folder, 'node_modules', manifestOf(member).name);
    mkdirSync(place, { recursive: true });
    const { code, output } = await run(['tar', '-xzf', filename, '--strip-components=1', '-C', place]);
    if (code !== 0) return [`${member} can't be unpacked:\n${output}`];
  }
  for (const { member } of packs) linkWhatItNeeds(member, folder);
  link('@types/node', root, folder);
  writeFileSync(join(folder, 'program.ts'), program);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['program.ts'] }));
  const { code, output } = await run([tool('tsc'), '-p', '.'], { cwd: folder });
  return code === 0 ? [] : [`a program that uses the packages does not compile:\n${output}`];
}

function linkWhatItNeeds(member, folder) {
  const { dependencies = {}, peerDependencies = {} } = manifestOf(member);
  for (const name of Object.keys({ ...dependencies, ...peerDependencies })) {
    if (!name.startsWith('@login-policy/')) link(name, join(root, member), folder);
  }
  // Whoever brings a peer brings its types where they are a package of their own.
  for (const name of Object.keys(peerDependencies)) {
    for (const from of [join(root, member), root]) link(`@types/${name}`, from, folder);
  }
}

function link(name, from, folder) {
  const [source, place] = [from, folder].map((one) => join(one, 'node_modules', name));
  if (!existsSync(source) || existsSync(place)) return;
  mkdirSync(dirname(place), { recursive: true });
  symlinkSync(source, place);
}
