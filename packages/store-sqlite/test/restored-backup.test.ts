import { copyFile } from 'node:fs/promises';
import { ProjectionRunner, isFault, streamId, type Position } from '@login-policy/event-sourcing';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { counterTotals } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { appendOne, eventsOf, STREAM } from './events.js';
import { faultOf, freshFolder } from './files.js';
import { putBack } from './put-back.js';

/**
 * A store that was restored from a backup and written to since, and a position of what was lost: at a place that is
 * taken again.
 */
async function restored() {
  const folder = await freshFolder();
  const [path, backup] = [folder.path('store.db'), folder.path('backup.db')];
  const before = await openSqliteStore({ path });
  const [kept] = await before.eventStore.append(appendOne());
  await before.backup(backup);
  const [lost] = await before.eventStore.append(appendOne());
  await before.close();
  await copyFile(backup, path);
  const store = await openSqliteStore({ path });
  const [now] = await store.eventStore.append(appendOne());
  if (kept === undefined || lost === undefined || now === undefined) throw new Error('nothing was recorded');
  return { store, kept, lost, now, remove: () => store.close().then(() => folder.remove()) };
}

const [A, B, C] = [streamId('Counter', 'a'), streamId('Counter', 'b'), streamId('Counter', 'c')];

describe('a backup that is restored under a running program', () => {
  for (const others of ['nobody', 'another'] as const) {
    it(`breaks no stream and no read model: ${others} wrote meanwhile`, async () => {
      const folder = await freshFolder();
      const [path, backup] = [folder.path('store.db'), folder.path('backup.db')];
      const [store, other] = [await openSqliteStore({ path }), await openSqliteStore({ path })];
      for (const { readModels } of [store, other]) await readModels.open(counterTotals);
      await store.eventStore.append(appendOne(A));
      await store.backup(backup);
      for (const stream of [B, C]) await store.eventStore.append(appendOne(stream));
      expect(await eventsOf(other.eventStore, C)).to.have.length(1);
      putBack(backup, path);
      if (others === 'another') await other.eventStore.append(appendOne(C));
      const lengths = async (): Promise<readonly number[]> => {
        const streams = await Promise.all([A, B, C].map((stream) => eventsOf(store.eventStore, stream)));
        return streams.map((events) => events.length);
      };
      const written = others === 'another' ? 1 : 0;
      expect(await lengths()).to.deep.equal([1, 0, written]);
      for (const { eventStore } of [store, other]) {
        for (const stream of [A, B, C]) await eventStore.append(appendOne(stream));
      }
      expect(await lengths()).to.deep.equal([3, 2, 2 + written]);
      const { rows } = await (await store.readModels.open(counterTotals)).read([A, B, C]);
      expect([...rows.values()].map(({ total }) => total)).to.deep.equal([3, 2, 2 + written]);
      await store.close();
      await other.close();
      await folder.remove();
    });
  }
});

describe('a backup from before a read model was made', () => {
  it('is restored under a program that had caught up, and the rows are rebuilt automatically', async () => {
    const folder = await freshFolder();
    const [path, backup] = [folder.path('store.db'), folder.path('backup.db')];
    const store = await openSqliteStore({ path });
    await store.eventStore.append(appendOne(A));
    await store.backup(backup);
    const follower = await ProjectionRunner.open({ store, projection: counterTotals });
    await store.eventStore.append(appendOne(B));
    expect([...(await follower.read([A, B])).rows.keys()]).to.have.members([A, B]);
    putBack(backup, path);
    expect([...(await follower.read([A, B])).rows.keys()]).to.deep.equal([A]);
    await store.eventStore.append(appendOne(A));
    const { rows } = await follower.read([A]);
    expect(rows.get(A)).to.include({ total: 2 });
    await follower.close();
    await store.close();
    await folder.remove();
  });
});

describe('a backup that was restored', () => {
  it('knows the positions of its events, and refuses those of lost events (V3)', async () => {
    const { store, kept, lost, now, remove } = await restored();
    const { eventStore } = store;
    expect(now.revision).to.equal(lost.revision);
    const isKnown = await Promise.all([kept, now, lost].map(({ position }) => eventStore.knows(position)));
    expect(isKnown).to.deep.equal([true, true, false]);
    const follower = await ProjectionRunner.open({ store, projection: counterTotals });
    const read = (atLeast: Position): Promise<unknown> => follower.read([STREAM], { atLeast });
    for (const { position } of [kept, now]) await read(position);
    const goOn = async (after: Position): Promise<unknown> =>
      eventStore.subscribe({ after })[Symbol.asyncIterator]().next();
    for (const call of [read, goOn]) {
      expect(isFault(await faultOf(call(lost.position)), 'position-unknown')).to.equal(true);
    }
    expect(await eventsOf(eventStore)).to.have.length(2);
    await follower.close();
    await remove();
  });
});
