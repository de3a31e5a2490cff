import {
  ProjectionRunner,
  isFault,
  positionToString,
  type Position,
  type Projection,
} from '@login-policy/event-sourcing';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { counterTotals, type CounterEvent, type CounterRow } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { existsSync } from 'node:fs';
import { appendOne, STREAM } from './events.js';
import { faultOf, freshFolder } from './files.js';
import { Raw, tamper, valueOf } from './raw.js';

/** What versions 5 and 6 of the schema brought is taken back. */
function asInVersion4(head: Position): readonly string[] {
  return [
    'ALTER TABLE events RENAME COLUMN place_in_append TO append',
    'ALTER TABLE events DROP COLUMN kept',
    'ALTER TABLE models RENAME COLUMN left_at TO checkpoint',
    `UPDATE models SET checkpoint = '${positionToString(head)}'`,
    'PRAGMA user_version = 4',
  ];
}

const APPEND_AS_IN_VERSION_4 = `INSERT INTO events
  (category, position, stream, revision, type, schema_version, recorded_at, id, data, metadata, append)
  SELECT category, position + 1, stream, revision + 1, type, schema_version, recorded_at, id, data, metadata, 0
  FROM events ORDER BY position DESC LIMIT 1`;

/** What version 4 brought is, too. */
const AS_IN_VERSION_3 = [
  `CREATE TABLE before (model INTEGER NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
     PRIMARY KEY (model, key, name)) STRICT, WITHOUT ROWID`,
  'INSERT INTO before SELECT model, key, name, value FROM row_index',
  'DROP TABLE row_index',
  'ALTER TABLE before RENAME TO row_index',
  'CREATE INDEX row_index_by_value ON row_index (model, name, value, key)',
  'PRAGMA user_version = 3',
];

/** Totals by every number there is from 1 to them. */
const reached: Projection<CounterEvent, CounterRow> = {
  ...counterTotals,
  name: 'reached',
  index: ({ total }) => ({ reached: Array.from({ length: total }, (_, place) => `${place + 1}`) }),
};

describe('a file in which appends wrote down how far read models were', () => {
  it('is brought to the events that say it, and a program of before that still runs writes no more', async () => {
    const folder = await freshFolder();
    const path = folder.path('store.db');
    const before = await openSqliteStore({ path });
    await before.readModels.open(counterTotals);
    await before.eventStore.append(appendOne());
    const head = await before.eventStore.head();
    await before.close();
    tamper(path, ...asInVersion4(head));
    const store = await openSqliteStore({ path });
    const totals = await store.readModels.open(counterTotals);
    expect(await totals.checkpoint()).to.equal(head);
    await store.eventStore.append(appendOne());
    expect((await totals.read([STREAM])).rows.get(STREAM)?.total).to.equal(2);
    await store.close();
    const asBefore = (): void => tamper(path, 'UPDATE models SET checkpoint = NULL');
    expect(asBefore).to.throw('no such column: checkpoint');
    // One that opened no read model would leave the rows where nobody can tell.
    const appendAsBefore = (): void => tamper(path, APPEND_AS_IN_VERSION_4);
    expect(appendAsBefore).to.throw('no column named append');
    await folder.remove();
  });
});

describe('a file that may not be migrated', () => {
  it('is refused if it is missing, empty or older, and left as it is', async () => {
    const folder = await freshFolder();
    const path = folder.path('store.db');
    const opened = (): Promise<unknown> => openSqliteStore({ path, migrate: 'check' });
    const faults = [await faultOf(opened())];
    expect(existsSync(path)).to.equal(false);
    tamper(path, 'PRAGMA user_version = 0');
    faults.push(await faultOf(opened()));
    await (await openSqliteStore({ path })).close();
    await (await openSqliteStore({ path, migrate: 'check' })).close();
    tamper(path, 'ALTER TABLE events RENAME COLUMN place_in_append TO append', 'PRAGMA user_version = 5');
    faults.push(await faultOf(opened()));
    expect(faults.map((fault) => isFault(fault, 'store-foreign'))).to.deep.equal([true, true, true]);
    const raw = new Raw(path);
    expect(valueOf(raw, 'PRAGMA user_version')).to.equal(5);
    raw.close();
    await folder.remove();
  });
});

describe('a file in which a row had one value of an index', () => {
  it('is brought to several, and keeps by what its rows are found', async () => {
    const folder = await freshFolder();
    const path = folder.path('store.db');
    const before = await openSqliteStore({ path });
    const parity = { index: 'parity', value: 'odd' };
    await before.readModels.open(counterTotals);
    await before.eventStore.append(appendOne());
    const head = await before.eventStore.head();
    await before.close();
    tamper(path, ...asInVersion4(head), ...AS_IN_VERSION_3);
    const store = await openSqliteStore({ path });
    for (const projection of [counterTotals, reached])
      await (await ProjectionRunner.open({ store, projection, follows: 'on-demand' })).catchUp();
    const [totals, several] = [await store.readModels.open(counterTotals), await store.readModels.open(reached)];
    expect((await totals.keys(parity)).rows).to.deep.equal([STREAM]);
    await store.eventStore.append(appendOne());
    expect((await totals.keys(parity)).rows).to.deep.equal([]);
    for (const value of ['1', '2']) {
      expect((await several.keys({ index: 'reached', value })).rows).to.deep.equal([STREAM]);
    }
    await store.check('full');
    await store.close();
    await folder.remove();
  });
});
