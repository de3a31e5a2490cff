import { copyFile } from 'node:fs/promises';
import { Follower, isFault, type Position } from '@login-policy/event-sourcing';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { counterTotals } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { appendOne, eventsOf, STREAM } from './events.js';
import { faultOf, freshFolder } from './files.js';

/** A store that was restored from a backup and written to since, and a position of what was lost: at a place that is taken again. */
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

describe('a backup that was restored', () => {
  it('knows the positions of what it holds, and refuses those of what was lost (V3)', async () => {
    const { store, kept, lost, now, remove } = await restored();
    const { eventStore } = store;
    expect(now.revision).to.equal(lost.revision);
    const isKnown = await Promise.all([kept, now, lost].map(({ position }) => eventStore.knows(position)));
    expect(isKnown).to.deep.equal([true, true, false]);
    const follower = await Follower.open({ store, projection: counterTotals });
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
