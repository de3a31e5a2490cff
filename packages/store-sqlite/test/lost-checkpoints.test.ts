import { isFault, ProjectionRunner, START } from '@login-policy/event-sourcing';
import { ordinalOf } from '@login-policy/event-sourcing/store';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { counterTotals } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { appendOne, STREAM } from './events.js';
import { freshFolder } from './files.js';

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
  it('are refused until they are rebuilt automatically (Q47)', async () => {
    const { store, lost, remove } = await withLostPosition();
    const model = await store.readModels.open(counterTotals);
    await model.commit({ expected: await model.checkpoint(), checkpoint: lost, rows: new Map() });
    const runner = await ProjectionRunner.open({ store, projection: counterTotals });
    await store.eventStore.append(appendOne());
    const answers: unknown[] = [];
    while (answers.at(-1) !== 2) {
      const read = runner.read([STREAM], { waitMs: 600_000 });
      answers.push(await read.then(({ rows }) => rows.get(STREAM)?.total, codeOf));
    }
    expect(answers.slice(0, -1).filter((answer) => answer !== 'position-unknown')).to.deep.equal([]);
    expect(ordinalOf((await model.checkpoint()) ?? START)).to.equal(2n);
    await runner.close();
    await remove();
  });
});

function codeOf(caught: unknown): string {
  return isFault(caught) ? caught.code : String(caught);
}
