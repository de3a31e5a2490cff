import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { isFault } from '@login-policy/event-sourcing';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { appendOne, newEvent, STREAM } from './events.js';
import { faultOf, freshFolder, type Folder } from './files.js';
import { copyHalfWay, Raw, valueOf } from './raw.js';
import { driverError, watchDriver, type WatchedDriver } from './watched-driver.js';

let folder: Folder;
let path: string;

beforeEach(async () => {
  folder = await freshFolder();
  path = folder.path('store.db');
});
afterEach(() => folder.remove());

async function isRefusedWhere(setting: string, answer: unknown): Promise<void> {
  const driver = watchDriver();
  driver.strikeAt(setting, () => answer);
  const fault = await faultOf(openSqliteStore({ path }));
  expect(driver.open().length).to.equal(0);
  driver.restore();
  expect(isFault(fault, 'store-unavailable'), String(fault)).to.equal(true);
  expect(fault).to.have.property('facts').that.has.property('store', path);
  expect(fault).to.have.nested.property('facts.problem').that.includes('SQLite');
}

describe('a setting that SQLite ignores', () => {
  for (const [setting, answer] of [
    ['PRAGMA journal_mode', 'delete'],
    ['PRAGMA synchronous', 0],
  ] as const) {
    it(`prevents the opening of a store, and leaves nothing open: ${setting}`, () => isRefusedWhere(setting, answer));
  }
});

describe('the settings of a store', () => {
  const settings = ['synchronous', 'fullfsync', 'checkpoint_fullfsync', 'busy_timeout'];
  const found: Readonly<Record<'full' | 'normal', readonly number[]>> = { full: [2, 1, 1, 5], normal: [1, 0, 0, 5] };

  async function areThose(durability: 'full' | 'normal'): Promise<void> {
    const driver = watchDriver();
    const settingsNow = (): unknown =>
      driver.open().map((database) => settings.map((setting) => valueOf(database, `PRAGMA ${setting}`)));
    const patient: unknown[] = [];
    driver.strikeAt('PRAGMA application_id', (proceed, database) => {
      patient.push(valueOf(database, 'PRAGMA busy_timeout'));
      return proceed();
    });
    const store = await openSqliteStore({ path, durability });
    expect(patient).to.deep.equal([5000]);
    expect(settingsNow()).to.deep.equal([found[durability]]);
    failCommit(driver);
    await faultOf(store.eventStore.append(appendOne()));
    expect(settingsNow()).to.deep.equal([found[durability]]);
    driver.restore();
    await store.close();
  }

  for (const durability of ['full', 'normal'] as const) {
    it(`match its durability, also on a later connection: ${durability}`, () => areThose(durability));
  }
});

function failCommit(driver: WatchedDriver, meanwhile?: () => void): void {
  driver.strikeAt('COMMIT', (_, database) => {
    database.exec('ROLLBACK');
    meanwhile?.();
    throw driverError('disk I/O error', 1034);
  });
}

describe('a file that is opened', () => {
  it('is not created again if it was removed under a running program', async () => {
    const driver = watchDriver();
    const store = await openSqliteStore({ path });
    failCommit(driver, () => {
      for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`);
    });
    const fault = await faultOf(store.eventStore.append(appendOne()));
    expect(isFault(fault, 'outcome-unknown'), String(fault)).to.equal(true);
    expect(existsSync(path)).to.equal(false);
    driver.restore();
    await store.close();
  });

  it('must not be a directory, and the fault is not retryable (Q39)', async () => {
    const fault = await faultOf(openSqliteStore({ path: folder.path('.') }));
    expect(isFault(fault, 'store-foreign'), String(fault)).to.equal(true);
    expect(fault).to.have.nested.property('facts.problem', 'it is a directory, not a file');
    expect(fault).to.have.property('retryable', false);
  });

  it('must not have a longer name than SQLite takes, and is not created then', async () => {
    for (const name of ['n'.repeat(248), `${'f'.repeat(200)}/`.repeat(3)]) {
      const fault = await faultOf(openSqliteStore({ path: folder.path(name) }));
      expect(fault).to.include({ code: 'store-foreign' });
      expect(String(fault)).to.include('too long');
      expect(existsSync(folder.path(name))).to.equal(false);
    }
    await (await openSqliteStore({ path: folder.path('n'.repeat(247)) })).close();
  });

  it('must not be a device or a pipe, whose opening could wait forever for a writer', async () => {
    const fault = await faultOf(openSqliteStore({ path: '/dev/null', readOnly: true }));
    expect(fault).to.have.nested.property('facts.problem', 'it is a device or a pipe, not a file');
  });

  // Where this user can make a name space of their own.
  if (spawnSync('unshare', ['-rm', 'true']).status === 0)
    it('must not be mounted by itself, as a file into a container: its log would not be kept with it', async () => {
      const mounted = folder.path('mounted here.db');
      await writeFile(path, '');
      await writeFile(mounted, '');
      const open = `import { openSqliteStore } from '@login-policy/store-sqlite';
        await openSqliteStore({ path: process.argv[1] }).then(() => console.log('opened'), (fault) => console.log(fault.message))`;
      const script = 'mount --bind "$1" "$2" && "$3" --input-type=module -e "$4" "$2"';
      const cwd = new URL('..', import.meta.url);
      const parameters = ['-rm', 'sh', '-ec', script, 'sh', path, mounted, process.execPath, open];
      const { stdout } = spawnSync('unshare', parameters, { cwd, encoding: 'utf8' });
      expect(stdout).to.include('mount the folder that holds it');
      await (await openSqliteStore({ path })).close();
    });

  it('is not created for a store in memory', async () => {
    const before = process.cwd();
    process.chdir(folder.path('.'));
    await (await openSqliteStore({ path: ':memory:' })).close();
    process.chdir(before);
    expect(await readdir(folder.path('.'))).to.deep.equal([]);
  });

  it('is opened without waiting for a writer if it is of this version', async () => {
    await (await openSqliteStore({ path })).close();
    const writer = new Raw(path);
    writer.exec('BEGIN IMMEDIATE');
    const driver = watchDriver();
    await (await openSqliteStore({ path })).close();
    expect(driver.count('BEGIN IMMEDIATE')).to.equal(0);
    driver.restore();
    writer.close();
  });

  it('is not used if its schema could not be committed, and nothing stays open', async () => {
    const driver = watchDriver();
    failCommit(driver);
    const fault = await faultOf(openSqliteStore({ path }));
    expect(isFault(fault, 'store-unavailable'), String(fault)).to.equal(true);
    expect(driver.open()).to.deep.equal([]);
    driver.restore();
  });

  /** How often each check was run over a file. */
  async function checksOf(file: string, integrityCheck: 'none' | 'quick' | 'full'): Promise<readonly number[]> {
    const driver = watchDriver();
    await (await openSqliteStore({ path: file, integrityCheck })).close();
    driver.restore();
    return ['quick_check', 'integrity_check'].map((pragma) => driver.count(`PRAGMA ${pragma}`));
  }

  async function isCheckedOnce(kind: 'none' | 'quick' | 'full', once: readonly number[]): Promise<void> {
    expect(await checksOf(path, kind), 'a new file').to.deep.equal([0, 0]);
    expect(await checksOf(path, kind), 'a sound one').to.deep.equal(once);
    await copyHalfWay(path, folder.path('crashed.db'));
    expect(await checksOf(folder.path('crashed.db'), kind), 'one that a crash left').to.deep.equal(once);
  }

  it('is not checked by default', () => isCheckedOnce('none', [0, 0]));
  it('is checked once: quick', () => isCheckedOnce('quick', [1, 0]));
  it('is checked once: full', () => isCheckedOnce('full', [0, 1]));
});

describe('a check of an open store', () => {
  it('passes for a sound file, and names the damage of a damaged one', async () => {
    const sound = await openSqliteStore({ path, durability: 'normal' });
    await Promise.all(Array.from({ length: 500 }, () => sound.eventStore.append(appendOne())));
    for (const kind of ['quick', 'full'] as const) await sound.check(kind);
    await sound.close();
    const bytes = await readFile(path);
    bytes.fill(0xa5, bytes.length / 2, bytes.length / 2 + 4096);
    await writeFile(path, bytes);
    const damaged = await openSqliteStore({ path });
    for (const kind of ['quick', 'full'] as const) {
      expect(isFault(await faultOf(damaged.check(kind)), 'store-damaged')).to.equal(true);
    }
    await damaged.close();
  });
});

describe('the files of a store', () => {
  it('are accessible only to their owner, and so is a backup', async () => {
    const store = await openSqliteStore({ path });
    await store.eventStore.append(appendOne());
    await store.backup(folder.path('copy.db'));
    for (const name of ['store.db', 'store.db-wal', 'store.db-shm', 'copy.db']) {
      expect(((await stat(folder.path(name))).mode & 0o777).toString(8), name).to.equal('600');
    }
    await store.close();
  });

  it('shrink after a long transaction', async () => {
    const store = await openSqliteStore({ path });
    const events = Array.from({ length: 8 }, () => ({ ...newEvent(), data: { text: 'x'.repeat(1_000_000) } }));
    await store.eventStore.append({ streamId: STREAM, expected: 'any', events });
    expect((await stat(`${path}-wal`)).size).to.be.above(8_000_000);
    await store.eventStore.append(appendOne());
    expect((await stat(`${path}-wal`)).size).to.be.at.most(4 * 1024 * 1024);
    await store.close();
  });
});
