import { instant, type Projection } from '@login-policy/event-sourcing';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { counterTotals, type CounterEvent, type CounterRow } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { appendOne, STREAM } from './events.js';
import { freshFolder } from './files.js';
import { Raw, valueOf } from './raw.js';
import { SQL } from './statements.js';
import { watchDriver } from './watched-driver.js';

/** By what a counter is found when its total is its place here, and whether that differs from the total before. */
const steps: readonly (readonly [index: Readonly<Record<string, string>>, isOther: boolean])[] = [
  [{}, false],
  [{ a: '1', b: 'x' }, true],
  [{ a: '1', b: 'x' }, false],
  [{ a: '1', b: 'y' }, true],
  [{ a: '2', b: 'y' }, true],
  [{ a: '2' }, true],
  [{ c: '2' }, true],
  [{ c: '2', d: '2' }, true],
  [{}, true],
];

const stepping: Projection<CounterEvent, CounterRow> = {
  ...counterTotals,
  index: ({ total }) => steps[total]?.[0] ?? {},
};

const said =
  "SELECT coalesce(group_concat(name || '=' || value, ' '), '') FROM (SELECT * FROM row_index ORDER BY name)";

describe('the index entries of a row', () => {
  it('are written only when they change', async () => {
    const folder = await freshFolder();
    const driver = watchDriver();
    const store = await openSqliteStore({ path: folder.path('store.db') });
    await store.readModels.open(stepping);
    for (const [index, isOther] of steps.slice(1)) {
      const changes = (): number => driver.count(SQL.deleteEntry) + driver.count(SQL.insertEntry);
      const before = changes();
      await store.eventStore.append(appendOne());
      expect(changes() > before).to.equal(isOther);
      const raw = new Raw(folder.path('store.db'));
      const entries = Object.entries(index).map(([name, value]) => `${name}=${value}`);
      expect(valueOf(raw, said)).to.equal(entries.join(' '));
      raw.close();
    }
    driver.restore();
    await store.close();
    await folder.remove();
  });

  it('are deleted with the row', async () => {
    const folder = await freshFolder();
    const store = await openSqliteStore({ path: folder.path('store.db') });
    const model = await store.readModels.open({ ...stepping, filter: { categories: ['None'] } });
    const [event] = await store.eventStore.append(appendOne());
    const row = { revision: 0n, countedAt: instant(0), total: 1 };
    const expected = event?.position;
    if (expected === undefined) throw new Error('nothing was recorded');
    for (const [rows, found] of [
      [new Map([[STREAM, row]]), 'a=1 b=x'],
      [new Map([[STREAM, undefined]]), ''],
    ] as const) {
      await model.commit({ expected, checkpoint: expected, rows });
      const raw = new Raw(folder.path('store.db'));
      expect(valueOf(raw, said)).to.equal(found);
      raw.close();
    }
    await store.close();
    await folder.remove();
  });
});
