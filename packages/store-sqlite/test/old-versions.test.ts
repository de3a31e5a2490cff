import { ProjectionRunner } from '@login-policy/event-sourcing';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { counterTotals } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { appendOne, STREAM } from './events.js';
import { freshFolder } from './files.js';
import { Raw, valueOf } from './raw.js';

describe('the rows of an old version of a projection', () => {
  it('are deleted when the second version after it is rebuilt, and rows of other projections are not', async () => {
    const folder = await freshFolder();
    const path = folder.path('store.db');
    const store = await openSqliteStore({ path });
    await store.eventStore.append(appendOne());
    for (const [name, version] of [
      ['counter-totals', 1],
      ['counter-totals', 2],
      ['counter-totals.v1', 1],
      ['counter-totals.vx', 1],
      ['Counter-totals', 1],
      ['counter-totals', 3],
    ] as const) {
      const follower = await ProjectionRunner.open({ store, projection: { ...counterTotals, name, version } });
      await follower.rebuild();
      expect((await follower.read([STREAM])).rows.size).to.equal(1);
      await follower.close();
    }
    await store.close();
    const left = 'SELECT group_concat(name) FROM (SELECT name FROM models ORDER BY name)';
    const raw = new Raw(path);
    expect(valueOf(raw, left)).to.equal(
      'Counter-totals.v1,counter-totals.v1.v1,counter-totals.v2,counter-totals.v3,counter-totals.vx.v1',
    );
    expect(valueOf(raw, 'SELECT count(*) FROM rows')).to.equal(5);
    raw.close();
    await folder.remove();
  });
});
