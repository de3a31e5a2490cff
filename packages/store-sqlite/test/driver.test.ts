import { execFile } from 'node:child_process';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
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

const [major = 0] = process.versions.node.split('.').map(Number);

describe('a driver that can not be used', () => {
  it('is refused before it is loaded where it would end the process', async () => {
    const deadly = major < 22 ? '13.2.0' : '12.11.1';
    await plantDriver(deadly, 'process.abort();');
    const said = await whatIsSaid();
    expect(said).to.deep.include({ code: 'driver-unusable', retryable: false });
    expect(said).to.have.property('message').that.includes(deadly).and.includes(process.versions.node);
    expect(said).to.have.nested.property('facts.remedy', `npm install better-sqlite3@${major < 22 ? 12 : 13}`);
  });

  it('is a fault with the command that installs it where it is missing', async () => {
    const said = await whatIsSaid();
    expect(said).to.deep.include({ code: 'driver-unusable', retryable: false });
    expect(said)
      .to.have.nested.property('facts.remedy')
      .that.matches(/^npm install better-sqlite3@1[23]$/);
  });

  it('is a fault with the command that builds it anew where its native half does not load', async () => {
    await plantDriver(
      major < 22 ? '12.11.1' : '13.2.0',
      'module.exports = class { constructor() { throw new Error("no bindings"); } };',
    );
    const said = await whatIsSaid();
    expect(said).to.deep.include({ code: 'driver-unusable', retryable: false });
    expect(said).to.have.nested.property('facts.remedy', 'npm rebuild better-sqlite3');
    expect(said).to.have.property('message').that.includes('no bindings');
  });
});
