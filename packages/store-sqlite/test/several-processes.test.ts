import { openSqliteStore } from '@login-policy/store-sqlite';
import { isFault, streamId } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { appendOne, eventsOf } from './events.js';
import { faultOf, freshFolder } from './files.js';
import { startWriter } from './processes.js';
import { Raw } from './raw.js';

describe('several processes on one file', () => {
  it('write to one stream without a gap, and create the file together if it is missing', async () => {
    const folder = await freshFolder();
    const path = folder.path('store.db');
    const writers = Array.from({ length: 3 }, () => startWriter(path, '4', '50', 'shared'));
    expect(await Promise.all(writers.map(({ ended }) => ended))).to.deep.equal([0, 0, 0]);
    const store = await openSqliteStore({ path });
    const events = await eventsOf(store.eventStore, streamId('Counter', 'shared'));
    expect(events.map(({ revision }) => Number(revision))).to.deep.equal(
      Array.from({ length: 600 }, (_, index) => index),
    );
    const said = writers.flatMap(({ acknowledged }) => acknowledged);
    expect(new Set(events.map(({ id }) => String(id)))).to.deep.equal(new Set(said));
    await store.close();
    await folder.remove();
  });

  it('wake a subscription in another process', async () => {
    const folder = await freshFolder();
    const path = folder.path('store.db');
    const store = await openSqliteStore({ path });
    const messages = store.eventStore.subscribe()[Symbol.asyncIterator]();
    expect((await messages.next()).value).to.include({ kind: 'caught-up' });
    const next = messages.next();
    const writer = startWriter(path, '1', '1');
    const { value } = await next;
    expect(value).to.include({ kind: 'events' });
    expect(await writer.ended).to.equal(0);
    await messages.return?.();
    await store.close();
    await folder.remove();
  });
});

describe('a lock that another connection holds', () => {
  it('is awaited without blocking the event loop, and given up in time', async () => {
    const folder = await freshFolder();
    const path = folder.path('store.db');
    const store = await openSqliteStore({ path, busyTimeoutMs: 300 });
    const holder = new Raw(path);
    holder.exec('BEGIN IMMEDIATE');
    let turns = 0;
    const turning = setInterval(() => turns++, 5);
    const fault = await faultOf(store.eventStore.append(appendOne()));
    expect(isFault(fault, 'store-unavailable'), String(fault)).to.equal(true);
    expect(turns, 'turns of the event loop meanwhile').to.be.above(0);
    const waiting = store.eventStore.append(appendOne());
    holder.exec('ROLLBACK');
    expect(await waiting).to.have.length(1);
    clearInterval(turning);
    holder.close();
    await store.close();
    await folder.remove();
  });
});
