import { instant, ProjectionRunner, revision, type StreamId } from '@login-policy/event-sourcing';
import type { ReadModel } from '@login-policy/event-sourcing/store';
import type { PostgresStore } from '@login-policy/store-postgres';
import { counterTotals, PARITY, type CounterRow } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { metPool } from './met-pool.js';
import { counted, counterStream } from './sample.js';
import { onStorage, storages, type Storage } from './stores.js';
import { eventually } from './waiting.js';

const freshStorage = storages();
const MANY = 1200;
const NAMES = Array.from({ length: MANY }, (_, index) => `${index}`);

/** Appends one event to each of these counters, in one transaction as far as there is room. */
async function count(store: PostgresStore, names: readonly string[]): Promise<void> {
  const append = (streamId: StreamId): Promise<unknown> =>
    store.eventStore.append({ streamId, expected: 'any', events: [counted()] });
  await Promise.all(names.map((name) => append(counterStream(name))));
}

/** How many rows there are under each value, as the store says and as a list has them. */
async function numbersOf(model: ReadModel<CounterRow>): Promise<Record<'listed' | 'said', readonly number[]>> {
  const [said, listed]: [number[], number[]] = [[], []];
  for (const value of ['odd', 'even']) {
    said.push((await model.count({ index: PARITY, value })).rows);
    listed.push((await model.keys({ index: PARITY, value, limit: 10_000 })).rows.length);
  }
  return { said, listed };
}

async function demandRight(model: ReadModel<CounterRow>, odd: number, even: number): Promise<void> {
  const expected = [odd, even];
  expect(await numbersOf(model)).to.deep.equal({ said: expected, listed: expected });
}

/** Resolves when so many numbers of rows are kept. */
function untilKept({ pool, schema }: Storage, wanted: number): Promise<void> {
  const kept = `SELECT FROM "${schema}".read_model_entries WHERE length(entry) > 32 AND length(key) = 24`;
  return eventually('a number that is kept', async () => (await pool.query(kept)).rowCount === wanted);
}

describe('the number of rows under an index value in PostgreSQL', () => {
  it('is stored once it was requested and is large, and follows all writes of rows', () =>
    onStorage(freshStorage(), async (storage) => {
      const [store, plain] = [await storage.open({ models: [counterTotals] }), await storage.open()];
      const model = await store.readModels.open(counterTotals);
      await count(store, NAMES);
      await demandRight(model, MANY, 0);
      await untilKept(storage, 1);
      await count(store, NAMES.slice(0, 10));
      await demandRight(model, MANY - 10, 10);
      await count(store, NAMES.slice(10));
      await demandRight(model, 0, MANY);
      await untilKept(storage, 2);
      await count(store, [...NAMES.slice(0, 3), 'new', 'and another']);
      await demandRight(model, 5, MANY - 3);
      await count(plain, ['0', 'one that is left', '7']);
      const runner = await ProjectionRunner.open({ store, projection: counterTotals, follows: 'on-demand' });
      await runner.catchUp();
      await demandRight(model, 6, MANY - 3);
      const removal = { type: 'CounterRemoved', data: { at: 2 } };
      await store.eventStore.append({
        streamId: counterStream('9'),
        expected: 'any',
        events: [{ ...counted(), ...removal }],
      });
      await demandRight(model, 6, MANY - 4);
      await runner.rebuild();
      await demandRight(model, 6, MANY - 4);
      await runner.close();
    }));

  it('counts committed rows, and in a transaction also its own', () =>
    onStorage(freshStorage(), async (storage) => {
      const store = await storage.open({ models: [counterTotals] });
      const model = await store.readModels.open(counterTotals);
      await count(store, NAMES);
      await demandRight(model, MANY, 0);
      await untilKept(storage, 1);
      const client = await storage.pool.connect();
      await client.query('BEGIN');
      const within = store.within(client);
      await within.eventStore.append({ streamId: counterStream('0'), expected: 'any', events: [counted()] });
      await demandRight(await within.readModels.open(counterTotals), MANY - 1, 1);
      await demandRight(model, MANY, 0);
      await client.query('ROLLBACK');
      client.release();
      await demandRight(model, MANY, 0);
    }));

  it('is correct, whatever is written while it begins to be stored', () =>
    onStorage(freshStorage(), async (storage) => {
      const writer = await storage.open({ models: [counterTotals] });
      await count(writer, NAMES);
      let met = 0;
      const pool = await metPool(async (statement) => {
        if (/store_row_count|SELECT count/.test(statement)) await count(writer, [`${met++}`]);
      });
      const store = await storage.open({ pool, listen: 'off' });
      const model = await store.readModels.open(counterTotals);
      await model.count({ index: PARITY, value: 'odd' });
      await untilKept(storage, 1);
      const before = met;
      expect(before).to.be.above(2);
      await demandRight(await writer.readModels.open(counterTotals), MANY - before, before);
      await store.close();
      await pool.end();
    }));

  it('is counted each time if it is small', () =>
    onStorage(freshStorage(), async (storage) => {
      const store = await storage.open({ models: [counterTotals] });
      const model = await store.readModels.open(counterTotals);
      const row = { total: 1, countedAt: instant(0), revision: revision(0) };
      const rows = new Map(NAMES.slice(0, 900).map((name) => [counterStream(name), row]));
      await model.commit({ expected: await model.checkpoint(), checkpoint: await store.eventStore.head(), rows });
      await demandRight(model, 900, 0);
      await store.close();
      await untilKept(storage, 0);
    }));
});
