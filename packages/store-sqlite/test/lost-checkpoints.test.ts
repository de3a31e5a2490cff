import { ProjectionRunner, START } from '@login-policy/event-sourcing';
import { placeIn } from '@login-policy/event-sourcing/store';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { counterTotals } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { appendOne, STREAM } from './events.js';
import { faultOf, freshFolder } from './files.js';

/** A store of one event, and the position of the third event of another history. */
async function withLostPosition() {
  const folder = await freshFolder();
  const [store, other] = await Promise.all(
    ['store.db', 'other.db'].map((name) => openSqliteStore({ path: folder.path(name) })),
  );
  if (store === undefined || other === undefined) throw new Error('two stores');
  await store.eventStore.append(appendOne());
  for (let count = 0; count < 3; count++) await other.eventStore.append(appendOne());
  const lost = await other.eventStore.head();
  await other.close();
  return { store, lost, remove: () => store.close().then(() => folder.remove()) };
}

describe('rows in SQLite whose checkpoint is not an event of the log', () => {
  it('are not written by a step that says what it stands on, nor put in the place of others', async () => {
    const { store, lost, remove } = await withLostPosition();
    const model = await store.readModels.open(counterTotals);
    const before = await model.checkpoint();
    const copy = await model.beginRebuild();
    const [step, rows] = [{ checkpoint: lost, standsOn: [START, lost] }, new Map()];
    for (const writing of [
      model.commit({ ...step, expected: before, rows }),
      copy.switchOver({ ...step, expected: undefined, rows }),
    ]) {
      expect(await faultOf(writing)).to.have.property('code', 'position-unknown');
    }
    expect(await model.checkpoint()).to.equal(before);
    await remove();
  });

  it('are not read, and not kept by appends, till they are rebuilt (Q47)', async () => {
    const { store, lost, remove } = await withLostPosition();
    const model = await store.readModels.open(counterTotals);
    await model.commit({ expected: await model.checkpoint(), checkpoint: lost, rows: new Map() });
    const follower = await ProjectionRunner.open({ store, projection: counterTotals });
    expect(await faultOf(follower.read([STREAM], { waitMs: 600_000 }))).to.have.property('code', 'position-unknown');
    await store.eventStore.append(appendOne());
    expect(await model.checkpoint()).to.equal(lost);
    await follower.rebuild();
    const { rows, checkpoint } = await follower.read([STREAM]);
    expect([rows.get(STREAM)?.total, placeIn(checkpoint ?? START)]).to.deep.equal([2, 2n]);
    await follower.close();
    await remove();
  });
});
