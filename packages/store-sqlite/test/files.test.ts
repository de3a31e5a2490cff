import { createHash } from 'node:crypto';
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { isFault, type Fault } from '@login-policy/event-sourcing';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { appendOne, eventsOf } from './events.js';
import { faultOf, freshFolder, type Folder } from './files.js';
import { Raw, tamper } from './raw.js';

describe('a file that must not be used', () => {
  let folder: Folder;
  let path: string;

  beforeEach(async () => {
    folder = await freshFolder();
    path = folder.path('store.db');
  });
  afterEach(() => folder.remove());

  /** What lies in the folder: every name with what is in it. */
  async function contents(): Promise<Record<string, string>> {
    const names = await readdir(folder.path('.'));
    const hashes = names.map(async (name) => [name, hash(await readFile(folder.path(name)))] as const);
    return Object.fromEntries(await Promise.all(hashes));
  }

  async function isRefused(code: Fault['code'], { butFor = '' } = {}): Promise<unknown> {
    const before = await contents();
    const fault = await faultOf(openSqliteStore({ path, integrityCheck: 'full' }));
    expect(isFault(fault, code), String(fault)).to.equal(true);
    expect(fault).to.have.nested.property('facts.store', path);
    expect(fault).to.have.nested.property('facts.problem').that.matches(/\w/);
    const { [butFor]: _, ...after } = await contents();
    expect(after, 'it was left as it was, and nothing beside it').to.deep.equal(before);
    return fault;
  }

  /** A store with enough in it to fill some pages, closed. */
  async function storeWith(count: number): Promise<void> {
    const store = await openSqliteStore({ path, durability: 'normal' });
    await Promise.all(Array.from({ length: count }, () => store.eventStore.append(appendOne())));
    await store.close();
  }

  it('is foreign when it is not a database', async () => {
    await writeFile(path, 'Dear diary, today I learned what a login policy is. '.repeat(10));
    expect(await isRefused('store-foreign')).to.have.nested.property('facts.problem', 'it is not a SQLite database');
  });

  it('is foreign when it is too short to be one', async () => {
    await writeFile(path, 'SQLite format 3\0');
    await isRefused('store-foreign');
  });

  it("is foreign when it is another program's database", async () => {
    const other = new Raw(path);
    other.exec('CREATE TABLE invoices (id INTEGER PRIMARY KEY, total INTEGER)');
    other.close();
    await isRefused('store-foreign');
  });

  async function isForeignBy(mark: string): Promise<void> {
    tamper(path, `PRAGMA ${mark}`);
    await isRefused('store-foreign');
  }

  for (const mark of ['application_id = 7', 'user_version = 1'])
    it(`is foreign if it is empty except for another program's mark: ${mark}`, () => isForeignBy(mark));

  it('is foreign if it is empty except for an encoding that orders texts in another way', async () => {
    tamper(path, "PRAGMA encoding = 'UTF-16be'", 'CREATE TABLE t (x)', 'DROP TABLE t');
    expect(String(await isRefused('store-foreign'))).to.contain('UTF-16be');
  });

  it('is foreign when a newer version of this program wrote it', async () => {
    await storeWith(1);
    const newer = new Raw(path);
    newer.exec('PRAGMA user_version = 99');
    newer.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    newer.close();
    expect(String(await isRefused('store-foreign'))).to.match(/got 99/);
  });

  it('is foreign when only the log beside it says that a newer version wrote it', async () => {
    await storeWith(1);
    const newer = new Raw(path);
    newer.exec('PRAGMA user_version = 99');
    // A copy while the writer is still there: as a crash leaves it.
    await copyFile(path, folder.path('crashed.db'));
    await copyFile(`${path}-wal`, folder.path('crashed.db-wal'));
    newer.close();
    path = folder.path('crashed.db');
    await isRefused('store-foreign', { butFor: 'crashed.db-shm' });
  });

  it('is damaged when a page of it was overwritten', async () => {
    await storeWith(500);
    const bytes = await readFile(path);
    bytes.fill(0xa5, bytes.length / 2, bytes.length / 2 + 4096);
    await writeFile(path, bytes);
    await isRefused('store-damaged');
  });

  it('is damaged when its end is missing', async () => {
    await storeWith(500);
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, Math.floor(bytes.length / 8192) * 4096));
    await isRefused('store-damaged');
  });

  it('is unavailable when its folder does not exist', async () => {
    path = folder.path('nowhere/store.db');
    await isRefused('store-unavailable');
  });

  it('is used if it exists and is empty', async () => {
    await writeFile(path, '');
    await storeWith(3);
    const store = await openSqliteStore({ path });
    expect(await eventsOf(store.eventStore)).to.have.length(3);
    await store.close();
  });
});

describe('a row that no longer parses', () => {
  for (const [column, text] of [
    ['data', '{"by":'],
    ['data', '7'],
    ['data', '{"by":1},{"by":2}'],
    ['metadata', '{},{}'],
    ['metadata', 'nonsense'],
  ] as const) {
    it(`is an unreadable event and not a crash: ${column} ${text}`, async () => {
      const folder = await freshFolder();
      const store = await openSqliteStore({ path: folder.path('store.db') });
      await store.eventStore.append(appendOne());
      const database = new Raw(folder.path('store.db'));
      database.prepare(`UPDATE events SET ${column} = ?`).run(text);
      database.close();
      const fault = await faultOf(eventsOf(store.eventStore).then((events) => events.map(({ metadata }) => metadata)));
      expect(isFault(fault, 'unreadable-event'), String(fault)).to.equal(true);
      expect(fault).to.have.property('facts').that.includes({ revision: 0n, type: 'Counted' });
      await store.close();
      await folder.remove();
    });
  }
});

describe('a value that a flipped bit has changed', () => {
  const changes: Readonly<Record<string, string>> = {
    "a stream's name": "UPDATE events SET stream = '\u0001'",
    'an instant': 'UPDATE events SET recorded_at = 9007199254740000',
    'a revision': 'UPDATE events SET revision = -1',
    'an id': "UPDATE events SET id = 'none'",
    'a number beyond any of ours': 'UPDATE events SET recorded_at = 9223372036854775807',
  };
  for (const [what, statement] of Object.entries(changes)) {
    it(`is reported as damage of the store: ${what}`, async () => {
      const folder = await freshFolder();
      const path = folder.path('store.db');
      const writing = await openSqliteStore({ path });
      await writing.eventStore.append(appendOne());
      await writing.close();
      tamper(path, statement);
      const store = await openSqliteStore({ path });
      const fault = await faultOf(store.eventStore.readAll()[Symbol.asyncIterator]().next());
      expect(isFault(fault, 'store-damaged'), String(fault)).to.equal(true);
      expect(fault).to.have.nested.property('facts.store', path);
      await store.close();
      await folder.remove();
    });
  }
});

describe('the options of a SQLite store', () => {
  it('are refused by name when they are out of range', async () => {
    const refused = { busyTimeoutMs: [-1, Number.NaN, 1e9], pollIntervalMs: [0, -5, Infinity] };
    for (const [option, values] of Object.entries(refused)) {
      for (const value of values) {
        const error = await faultOf(openSqliteStore({ path: ':memory:', [option]: value }));
        expect(error, `${option} ${value}`).to.be.instanceOf(RangeError).with.property('message').that.includes(option);
      }
    }
    for (const path of ['', ' store.db', 'store.db ']) {
      expect(await faultOf(openSqliteStore({ path })), path).to.be.instanceOf(RangeError);
    }
    const none: { path: string } = JSON.parse('{"path":null}');
    expect(await faultOf(openSqliteStore(none))).to.be.instanceOf(RangeError);
    const off: { durability: 'full' } = JSON.parse('{"durability":"off"}');
    expect(await faultOf(openSqliteStore({ path: ':memory:', ...off }))).to.be.instanceOf(RangeError);
  });
});

describe('the options of a SQLite store at the ends of their ranges', () => {
  it('are accepted', async () => {
    for (const ends of [
      { busyTimeoutMs: 0, pollIntervalMs: 1 },
      { busyTimeoutMs: 600_000, pollIntervalMs: 60_000 },
    ]) {
      const store = await openSqliteStore({ path: ':memory:', ...ends });
      await store.close();
    }
  });

  it('are used unchanged: a path that looks like a URL is a path', async () => {
    const folder = await freshFolder();
    const before = process.cwd();
    process.chdir(folder.path('.'));
    const store = await openSqliteStore({ path: 'file:store.db?mode=memory' });
    await store.eventStore.append(appendOne());
    await store.close();
    const again = await openSqliteStore({ path: 'file:store.db?mode=memory' });
    expect(await eventsOf(again.eventStore)).to.have.length(1);
    await again.close();
    process.chdir(before);
    await folder.remove();
  });
});

function hash(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
