import { readFile, stat, writeFile } from 'node:fs/promises';
import { isFault } from '@login-policy/event-sourcing';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { appendOne, newEvent, STREAM } from './events.js';
import { faultOf, freshFolder, type Folder } from './files.js';
import { watchDriver } from './watched-driver.js';

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

describe('a setting that SQLite does not take', () => {
  for (const [setting, answer] of [
    ['PRAGMA journal_mode', 'delete'],
    ['PRAGMA synchronous', 0],
  ] as const) {
    it(`keeps a store from being opened, and nothing open: ${setting}`, () => isRefusedWhere(setting, answer));
  }
});

describe('a check of an open store', () => {
  it('finds nothing in a sound one, and says what is damaged', async () => {
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
  it('are for their owner alone, and so is a backup', async () => {
    const store = await openSqliteStore({ path });
    await store.eventStore.append(appendOne());
    await store.backup(folder.path('copy.db'));
    for (const name of ['store.db', 'store.db-wal', 'store.db-shm', 'copy.db']) {
      expect(((await stat(folder.path(name))).mode & 0o777).toString(8), name).to.equal('600');
    }
    await store.close();
  });

  it('do not stay as long as the longest transaction made them', async () => {
    const store = await openSqliteStore({ path });
    const events = Array.from({ length: 8 }, () => ({ ...newEvent(), data: { text: 'x'.repeat(1_000_000) } }));
    await store.eventStore.append({ streamId: STREAM, expected: 'any', events });
    expect((await stat(`${path}-wal`)).size).to.be.above(8_000_000);
    await store.eventStore.append(appendOne());
    expect((await stat(`${path}-wal`)).size).to.be.at.most(4 * 1024 * 1024);
    await store.close();
  });
});
