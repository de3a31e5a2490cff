import { readdir } from 'node:fs/promises';
import { openSqliteStore, type SqliteStore } from '@login-policy/store-sqlite';
import { counterTotals } from '@login-policy/testkit';
import { isFault } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { appendOne, eventsOf, newEvent, STREAM } from './events.js';
import { faultOf, freshFolder } from './files.js';
import { Raw } from './raw.js';

/** Fills a file with so much that a backup takes some steps: 10 MB. */
async function fill(store: SqliteStore): Promise<void> {
  const data = { text: 'x'.repeat(1_000_000) };
  const events = Array.from({ length: 10 }, () => ({ ...newEvent(), data }));
  await store.eventStore.append({ streamId: STREAM, expected: 'any', events });
}

describe('a backup', () => {
  it('is a complete store, although appends go on meanwhile', async () => {
    const folder = await freshFolder();
    const store = await openSqliteStore({ path: folder.path('store.db') });
    await fill(store);
    for (let count = 0; count < 10; count++) await store.eventStore.append(appendOne());
    const copied = store.backup(folder.path('copy.db'));
    for (let count = 0; count < 20; count++) await store.eventStore.append(appendOne());
    await copied;
    const copy = await openSqliteStore({
      path: folder.path('copy.db'),
      integrityCheck: 'full',
    });
    await copy.readModels.open(counterTotals);
    const events = await eventsOf(copy.eventStore);
    expect(events.length).to.be.within(20, 40);
    await copy.eventStore.append(appendOne());
    await copy.close();
    await store.close();
    await folder.remove();
  });

  it('never replaces an existing file, and leaves no partial file', async () => {
    const folder = await freshFolder();
    const store = await openSqliteStore({ path: folder.path('store.db') });
    await store.backup(folder.path('copy.db'));
    const fault = await faultOf(store.backup(folder.path('copy.db')));
    expect(isFault(fault, 'store-unavailable'), String(fault)).to.equal(true);
    expect(fault).to.have.property('facts').that.has.property('store', folder.path('copy.db'));
    expect(fault).to.have.nested.property('facts.problem').that.includes('EEXIST');
    expect(isFault(await faultOf(store.backup(folder.path('no/where.db'))), 'store-unavailable')).to.equal(true);
    await store.close();
    expect((await readdir(folder.path('.'))).sort()).to.deep.equal(['copy.db', 'store.db']);
    await folder.remove();
  });

  it('completes while another connection commits at each step, and is one snapshot', async () => {
    const folder = await freshFolder();
    const store = await openSqliteStore({ path: folder.path('store.db') });
    await fill(store);
    const other = new Raw(folder.path('store.db'));
    const seen: [copied: number, total: number][] = [];
    await store.backup(folder.path('copy.db'), {
      onProgress(copied, total) {
        seen.push([copied, total]);
        if (seen.length > 20) throw new Error('it begins anew each time');
        other.exec(`INSERT INTO receipts VALUES ('${STREAM}', 'k${seen.length}', 'f', 0)`);
      },
    });
    other.close();
    expect(seen).not.to.deep.equal([]);
    for (const [copied, total] of seen) expect(copied).to.be.within(0, total);
    const [copied, total] = seen.at(-1) ?? [0, 1];
    expect(copied, 'the last call says that all are copied').to.equal(total);
    await store.close();
    const copy = await openSqliteStore({ path: folder.path('copy.db'), integrityCheck: 'full' });
    expect(await eventsOf(copy.eventStore)).to.have.length(10);
    expect(await copy.eventStore.receipt(STREAM, 'k1')).to.equal(undefined);
    await copy.close();
    await folder.remove();
  });

  it('is aborted by its signal, and leaves no file', async () => {
    const folder = await freshFolder();
    const store = await openSqliteStore({ path: folder.path('store.db') });
    await fill(store);
    const signal = AbortSignal.abort();
    const fault = await faultOf(store.backup(folder.path('copy.db'), { signal }));
    expect(isFault(fault, 'deadline-exceeded'), String(fault)).to.equal(true);
    expect(fault).to.have.nested.property('facts.doing', `backing up to ${folder.path('copy.db')}`);
    const giving = new AbortController();
    const halfway = { signal: giving.signal, onProgress: () => giving.abort() };
    expect(isFault(await faultOf(store.backup(folder.path('copy.db'), halfway)), 'deadline-exceeded')).to.equal(true);
    await store.close();
    expect(await readdir(folder.path('.'))).to.deep.equal(['store.db']);
    await folder.remove();
  });

  it('works for a store in memory', async () => {
    const folder = await freshFolder();
    const store = await openSqliteStore({ path: ':memory:' });
    await store.eventStore.append(appendOne());
    await store.backup(folder.path('copy.db'));
    await store.close();
    const copy = await openSqliteStore({ path: folder.path('copy.db') });
    expect(await eventsOf(copy.eventStore)).to.have.length(1);
    await copy.close();
    await folder.remove();
  });
});
