import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { basename } from 'node:path';
import { isFault } from '@login-policy/event-sourcing';
import { openSqliteStore, type SqliteStore } from '@login-policy/store-sqlite';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { faultOf, freshFolder, type Folder } from './files.js';

const { open, link, rename } = promises;
const { platform } = process;

let folder: Folder;
let store: SqliteStore;
let steps: string[];

beforeEach(async () => {
  folder = await freshFolder();
  store = await openSqliteStore({ path: folder.path('store.db') });
  steps = [];
});
afterEach(async () => {
  pretend({ open, link, rename }, platform);
  await store.close();
  await folder.remove();
});

function pretend(calls: object, system: string): void {
  Object.assign(promises, calls);
  Object.defineProperty(process, 'platform', { value: system });
  syncBuiltinESMExports();
}

/**
 * Writes down what is done with files from now on, on a system of that name. Links fail with a code, if one is given.
 */
function watchFiles({ code, system = 'linux' }: { readonly code?: string; readonly system?: string } = {}): void {
  const watched = {
    async open(path: string, flags: string): Promise<promises.FileHandle> {
      const file = await open(path, flags);
      const name = path.endsWith('.unfinished') ? 'unfinished' : basename(path);
      const [sync, close] = [file.sync.bind(file), file.close.bind(file)];
      steps.push(`open ${name === basename(folder.path('.')) ? 'folder' : name} ${flags}`);
      return Object.assign(file, {
        async sync() {
          steps.push('sync');
          await sync();
        },
        async close() {
          steps.push('close');
          await close();
        },
      });
    },
    async link(from: string, to: string): Promise<void> {
      steps.push(`link ${basename(to)}`);
      if (code !== undefined) throw Object.assign(new Error(`${code}: no link`), { code });
      await link(from, to);
    },
    async rename(from: string, to: string): Promise<void> {
      steps.push(`rename ${basename(to)}`);
      await rename(from, to);
    },
  };
  pretend(watched, system);
}

const synced = ['open unfinished r+', 'sync', 'close'];
const listed = ['open folder r', 'sync', 'close'];
const renamed = ['link copy.db', 'open copy.db wx', 'close', 'rename copy.db'];

describe('a backup that is written', () => {
  it('is synced before it is renamed, and the rename is synced before the call resolves', async () => {
    watchFiles();
    await store.backup(folder.path('copy.db'));
    expect(steps).to.deep.equal([...synced, 'link copy.db', ...listed]);
  });

  it('is renamed where folders cannot be synced', async () => {
    watchFiles({ system: 'win32' });
    await store.backup(folder.path('copy.db'));
    expect(steps).to.deep.equal([...synced, 'link copy.db']);
  });

  async function isRenamed(code: string): Promise<void> {
    watchFiles({ code });
    await store.backup(folder.path('copy.db'));
    expect(steps).to.deep.equal([...synced, ...renamed, ...listed]);
    const fault = await faultOf(store.backup(folder.path('copy.db')));
    expect(isFault(fault, 'store-unavailable')).to.equal(true);
    expect(fault).to.have.nested.property('facts.problem').that.includes('EEXIST');
    const names = await promises.readdir(folder.path('.'));
    expect(names.filter((name) => name.startsWith('copy'))).to.deep.equal(['copy.db']);
  }

  for (const code of ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']) {
    it(`is renamed where links are not supported, and replaces no file: ${code}`, () => isRenamed(code));
  }

  it('is not renamed if a link fails for another reason', async () => {
    watchFiles({ code: 'EIO' });
    const fault = await faultOf(store.backup(folder.path('copy.db')));
    expect(fault).to.have.nested.property('facts.problem').that.includes('EIO');
    expect(steps).to.deep.equal([...synced, 'link copy.db']);
    expect(await promises.readdir(folder.path('.'))).to.not.include('copy.db');
  });

  async function isRefusedBeside(log: string): Promise<void> {
    await promises.writeFile(folder.path(`copy.db${log}`), 'commits');
    const fault = await faultOf(store.backup(folder.path('copy.db')));
    const remedy = `remove ${folder.path(`copy.db${log}`)}`;
    expect(fault).to.have.nested.property('facts.problem').that.includes(remedy);
    expect(await promises.readdir(folder.path('.'))).to.not.include('copy.db');
    await promises.truncate(folder.path(`copy.db${log}`));
    await store.backup(folder.path('copy.db'));
  }

  for (const log of ['-wal', '-journal'])
    it(`is not put beside the log of an earlier file, whose commits SQLite would read: ${log}`, () =>
      isRefusedBeside(log));
});
