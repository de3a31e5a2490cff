import { copyFile } from 'node:fs/promises';
import {
  isFault,
  type Projection,
  ProjectionRunner,
  type RecordedEvent,
  revision,
  START,
  streamId,
} from '@login-policy/event-sourcing';
import { type NewEvent, ordinalOf } from '@login-policy/event-sourcing/store';
import { openSqliteStore, type SqliteStore } from '@login-policy/store-sqlite';
import { counterTotals, type CounterEvent, type CounterRow, rowUnder } from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { appendOne, eventsOf, newEvent, STREAM } from './events.js';
import { faultOf, freshFolder, type Folder } from './files.js';
import { copyHalfWay, Raw, tamper } from './raw.js';

let folder: Folder;
let path: string;

beforeEach(async () => {
  folder = await freshFolder();
  path = folder.path('store.db');
});
afterEach(() => folder.remove());

const other = streamId('Counter', 'other');

function appending(store: SqliteStore, event: Partial<NewEvent>, stream = STREAM): Promise<readonly RecordedEvent[]> {
  return store.eventStore.append({ streamId: stream, expected: 'any', events: [{ ...newEvent(), ...event }] });
}

/** The counter's projection, with a reducer or a row codec that fails at an event of 13. */
function unlucky(where: 'reduce' | 'encode'): Projection<CounterEvent, CounterRow> {
  const { rows } = counterTotals;
  return {
    ...counterTotals,
    rows: {
      decode: (json) => rows.decode(json),
      encode(row) {
        if (where === 'encode' && row.total === 13) throw new Error('13 is unlucky');
        return rows.encode(row);
      },
    },
    reduce(row, event) {
      if (where === 'reduce' && 'by' in event.data && event.data.by === 13) throw new Error('13 is unlucky');
      return counterTotals.reduce(row, event);
    },
  };
}

describe('an append that can not be written', () => {
  const refused: Readonly<Record<string, Partial<NewEvent>>> = {
    'a schema version that is not a whole number': { schemaVersion: 1.5 },
    'metadata that JSON can not hold': { metadata: { ...newEvent().metadata, ...Object({ reason: 1n }) } },
  };

  it('takes no other of its group with it: a schema version or metadata that no row can hold', async () => {
    for (const [what, event] of Object.entries(refused)) {
      const store = await openSqliteStore({ path: folder.path(`${what}.db`) });
      const both = await Promise.allSettled([appending(store, {}), appending(store, event, other)]);
      expect(
        both.map(({ status }) => status),
        what,
      ).to.deep.equal(['fulfilled', 'rejected']);
      await store.close();
    }
  });

  it('takes no other of its group with it: a row that can not be encoded', async () => {
    const store = await openSqliteStore({ path });
    await store.readModels.open(unlucky('encode'));
    const both = await Promise.allSettled([appending(store, {}), appending(store, { data: { by: 13 } }, other)]);
    expect(both.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected']);
    expect(await eventsOf(store.eventStore, other)).to.have.length(0);
    await store.close();
  });

  it('is written as it was when it was called for, whatever its caller does meanwhile', async () => {
    const store = await openSqliteStore({ path });
    const data = { by: 1 };
    const written = appending(store, { data });
    data.by = 2;
    expect((await written)[0]?.data).to.deep.equal({ by: 1 });
    await store.close();
  });
});

describe('a signal that fires while another process holds the lock', () => {
  it('ends the wait at once, and nothing is written when the lock is free', async () => {
    const store = await openSqliteStore({ path });
    const holder = new Raw(path);
    holder.exec('BEGIN IMMEDIATE');
    const giving = new AbortController();
    const waiting = faultOf(store.eventStore.append({ ...appendOne(), signal: giving.signal }));
    const staying = store.eventStore.append(appendOne());
    giving.abort();
    expect(isFault(await waiting, 'deadline-exceeded')).to.equal(true);
    holder.exec('ROLLBACK');
    holder.close();
    await staying;
    expect(await eventsOf(store.eventStore)).to.have.length(1);
    await store.close();
  });
});

describe('a row in the middle that can not be used', () => {
  async function tenEvents(): Promise<void> {
    const store = await openSqliteStore({ path });
    for (let count = 1; count <= 10; count++) await appending(store, { data: { by: count === 5 ? 13 : 1 } });
    await store.close();
  }

  it('lets a projector reduce and keep all before it', async () => {
    await tenEvents();
    tamper(path, "UPDATE events SET data = '{' WHERE position = 5");
    const store = await openSqliteStore({ path });
    const projector = await ProjectionRunner.open({ store, projection: counterTotals, follows: 'on-demand' });
    expect(isFault(await faultOf(projector.catchUp()), 'unreadable-event')).to.equal(true);
    expect(ordinalOf((await (await store.readModels.open(counterTotals)).checkpoint()) ?? START)).to.equal(4n);
    await store.close();
  });

  it('is not passed over by an append that brings a read model to the head', async () => {
    const store = await openSqliteStore({ path });
    const model = await store.readModels.open(counterTotals);
    await appending(store, {});
    const before = await model.checkpoint();
    const elsewhere = await openSqliteStore({ path });
    for (let count = 0; count < 4; count++) await appending(elsewhere, {});
    await elsewhere.close();
    tamper(path, "UPDATE events SET data = '{' WHERE position = 3");
    await appending(store, {});
    expect(await model.checkpoint()).to.equal(before);
    await store.close();
  });

  it('is a fault that names the row, where it is a row of a read model', async () => {
    const store = await openSqliteStore({ path });
    const model = await store.readModels.open(counterTotals);
    await appending(store, {});
    tamper(path, "UPDATE rows SET row = '{'");
    const fault = await faultOf(rowUnder(model, STREAM));
    expect(isFault(fault, 'store-damaged')).to.equal(true);
    expect(fault)
      .to.have.property('message')
      .that.includes(STREAM)
      .and.matches(/; rebuild the read model$/);
    await store.close();
  });
});

describe('two rebuilds of one read model at once', () => {
  it('both end, at least one of them well, and the rows are the fold of the log', async () => {
    const store = await openSqliteStore({ path, durability: 'normal' });
    for (let count = 0; count < 200; count++) await appending(store, {});
    const options = { store, projection: counterTotals, pageSize: 10, follows: 'on-demand' } as const;
    const projectors = await Promise.all([1, 2].map(() => ProjectionRunner.open(options)));
    const faults = await Promise.all(projectors.map((projector) => faultOf(projector.rebuild())));
    expect(faults).to.include(undefined);
    for (const fault of faults) if (fault !== undefined) expect(isFault(fault, 'rebuild-superseded')).to.equal(true);
    expect(await rowUnder(await store.readModels.open(counterTotals), STREAM)).to.include({ total: 200 });
    await store.close();
  });
});

describe('a long read', () => {
  it('lets the process do other things', async () => {
    const store = await openSqliteStore({ path });
    for (let append = 0; append < 50; append++) {
      const events = Array.from({ length: 100 }, () => newEvent());
      await store.eventStore.append({ streamId: STREAM, expected: 'any', events });
    }
    let turns = 0;
    const count = (): void => {
      turns++;
      if (turns < 1000) setImmediate(count);
    };
    setImmediate(count);
    let pages = 0;
    for await (const page of store.eventStore.readAll({ pageSize: 100 })) pages += page.length > 0 ? 1 : 0;
    expect(pages).to.equal(50);
    expect(turns).to.be.at.least(49);
    await store.close();
  });

  it('from beyond the last revision there can be has no pages', async () => {
    const store = await openSqliteStore({ path });
    await appending(store, {});
    let pages = 0;
    for await (const page of store.eventStore.readStream(STREAM, { from: revision(2n ** 64n) })) pages += page.length;
    expect(pages).to.equal(0);
    await store.close();
  });
});

describe('what a crash left half-way', () => {
  it('is recovered, then checked, then used', async () => {
    const store = await openSqliteStore({ path });
    await appending(store, {});
    await store.close();
    await copyHalfWay(path, folder.path('crashed.db'));
    const recovered = await openSqliteStore({ path: folder.path('crashed.db') });
    expect(await eventsOf(recovered.eventStore)).to.have.length(1);
    await recovered.close();
  });

  it('is recovered before it is judged, when it was the very first opening that the power ended', async () => {
    const database = new Raw(path);
    for (const pragma of ['page_size = 512', 'cache_size = 1', 'cache_spill = 1']) database.exec(`PRAGMA ${pragma}`);
    database.exec('BEGIN IMMEDIATE; CREATE TABLE texts (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT');
    const insert = database.prepare('INSERT INTO texts (text) VALUES (?)');
    for (let key = 0; key < 3000; key++) insert.run(`k${key}`.repeat(20));
    // Nothing of it is committed, and its first pages are in the file: without the mark that says whose it is.
    await copyFile(path, folder.path('crashed.db'));
    await copyFile(`${path}-journal`, folder.path('crashed.db-journal'));
    database.exec('ROLLBACK');
    database.close();
    const recovered = await openSqliteStore({ path: folder.path('crashed.db') });
    await appending(recovered, {});
    expect(await eventsOf(recovered.eventStore)).to.have.length(1);
    await recovered.close();
  });
});
