import { instant, ProjectionRunner, revision } from '@login-policy/event-sourcing';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { counterTotals, PARITY, type CounterRow } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { appendOne } from './events.js';
import { freshFolder } from './files.js';
import { Raw, tamper, valueOf } from './raw.js';

const ROW: CounterRow = { total: 1, countedAt: instant(0), revision: revision(0) };
const ODD = { index: PARITY, value: 'odd' };

describe('the number of rows under an index value in SQLite', () => {
  it('is stored in the file once it was requested and is large, whichever program writes the rows', async () => {
    const folder = await freshFolder();
    const path = folder.path('store.db');
    const kept = (): unknown => {
      const raw = new Raw(path);
      const isThere = valueOf(raw, "SELECT count(*) FROM sqlite_schema WHERE name = 'row_counts'") !== 0;
      const said = isThere ? valueOf(raw, "SELECT group_concat(value || ' ' || count) FROM row_counts") : 'no table';
      raw.close();
      return said;
    };
    const store = await openSqliteStore({ path });
    await store.eventStore.append(appendOne());
    const model = await store.readModels.open(counterTotals);
    const checkpoint = await store.eventStore.head();
    const rows = new Map(Array.from({ length: 1000 }, (_, index) => [`Counter-${index}`, ROW]));
    await model.commit({ expected: undefined, checkpoint, rows });
    expect((await model.count({ index: PARITY, value: 'even' })).rows).to.equal(0);
    expect(kept()).to.equal('no table');
    expect((await model.count(ODD)).rows).to.equal(1000);
    // The next write comes after that of the number.
    await store.eventStore.append(appendOne());
    expect(kept()).to.equal('odd 1001');
    tamper(path, "DELETE FROM row_index WHERE key IN ('Counter-7', 'Counter-8')", 'PRAGMA user_version = 1');
    expect((await model.count(ODD)).rows).to.equal(999);
    const older = await openSqliteStore({ path });
    expect((await (await older.readModels.open(counterTotals)).count(ODD)).rows).to.equal(999);
    await older.close();
    const runner = await ProjectionRunner.open({ store, projection: counterTotals, follows: 'on-demand' });
    await runner.rebuild();
    expect((await model.count(ODD)).rows).to.equal(0);
    expect(kept()).to.equal(null);
    const raw = new Raw(path);
    expect(valueOf(raw, "SELECT group_concat(name) FROM sqlite_schema WHERE type = 'trigger'")).to.equal(
      'counted_no_more',
    );
    raw.close();
    await runner.close();
    await store.close();
    await folder.remove();
  });
});
