import { execFile } from 'node:child_process';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { freshFolder, type Folder } from './files.js';

const ours = fileURLToPath(new URL('..', import.meta.resolve('@login-policy/store-sqlite')));
const kernel = fileURLToPath(new URL('..', import.meta.resolve('@login-policy/event-sourcing')));

/** Opens a store in a program that has this package and what a test has put beside it, and says what came of it. */
const program = `
  import { openSqliteStore } from '@login-policy/store-sqlite';
  const said = await openSqliteStore({ path: ':memory:' }).then(
    () => 'opened', ({ code, retryable, facts, message }) => ({ code, retryable, facts, message }));
  process.stdout.write(JSON.stringify(said));
`;

let folder: Folder;

beforeEach(async () => {
  folder = await freshFolder();
  const scope = folder.path('node_modules/@login-policy');
  await mkdir(scope, { recursive: true });
  for (const part of ['package.json', 'dist'])
    await cp(`${ours}/${part}`, `${scope}/store-sqlite/${part}`, { recursive: true });
  await symlink(kernel, `${scope}/event-sourcing`);
});
afterEach(() => folder.remove());

async function plantDriver(version: string, code: string): Promise<void> {
  const main = folder.path('node_modules/better-sqlite3/index.js');
  await mkdir(dirname(main), { recursive: true });
  await writeFile(main, code);
  await writeFile(
    folder.path('node_modules/better-sqlite3/package.json'),
    JSON.stringify({ name: 'better-sqlite3', version }),
  );
}

async function whatIsSaid(): Promise<unknown> {
  await writeFile(folder.path('program.mjs'), program);
  const { stdout } = await promisify(execFile)(process.execPath, [folder.path('program.mjs')]);
  return JSON.parse(stdout);
}

/** From Node 22.13 on nothing that is installed is looked at, whatever it would do. */
function expectFault(said: unknown, { remedy, words }: { remedy: string; words: readonly string[] }): void {
  if (isBuiltin('node:sqlite')) {
    expect(said).to.equal('opened');
    return;
  }
  expect(said).to.deep.include({ code: 'driver-unusable', retryable: false });
  expect(said).to.have.nested.property('facts.remedy', remedy);
  for (const word of words) expect(said).to.have.property('message').that.includes(word);
}

const install = 'npm install better-sqlite3@12';

describe('a driver that can not be used, where Node has none of its own,', () => {
  it('is refused before it is loaded where it would end the process', async () => {
    await plantDriver('13.2.0', 'process.abort();');
    expectFault(await whatIsSaid(), { remedy: install, words: ['13.2.0', 'Node 20'] });
  });

  it('is a fault with the command that installs it where it is missing', async () => {
    expectFault(await whatIsSaid(), { remedy: install, words: ['not installed'] });
  });

  it('is a fault with the command that builds it anew where its native half does not load', async () => {
    await plantDriver('12.11.1', 'module.exports = class { constructor() { throw new Error("no bindings"); } };');
    expectFault(await whatIsSaid(), { remedy: 'npm rebuild better-sqlite3', words: ['no bindings'] });
  });
});
