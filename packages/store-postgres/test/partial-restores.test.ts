import { ProjectionRunner } from '@login-policy/event-sourcing';
import type { PostgresStore } from '@login-policy/store-postgres';
import { counterTotals, type CounterEvent, type CounterRow } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { allEvents, appendTo, counterStream } from './sample.js';
import { demandSound } from './soundness.js';
import { onStorage, storages, type Storage } from './stores.js';

const freshStorage = storages();
const LOG = ['events', 'receipts'];
const MODELS = ['read_models', 'read_model_rows', 'read_model_entries'];

/** What somebody does to the tables under running programs; `dumped` are tables as they were some events ago. */
const DONE_TO_IT: Readonly<Record<string, (storage: Storage) => Promise<void>>> = {
  'read models are emptied': (storage) => empty(storage, MODELS),
  'read models are put back from an older dump': (storage) => putBack(storage, MODELS),
  'events are put back from an older dump, and read models are not': (storage) => putBack(storage, LOG),
};

describe('tables on PostgreSQL that were restored without the others (Q68)', () => {
  for (const [done, doIt] of Object.entries(DONE_TO_IT)) {
    for (const writes of ['nobody writes', 'others write', 'it writes'] as const) {
      it(`are never taken for fresh: ${done}, and then ${writes}`, () =>
        onStorage(freshStorage(), async (storage) => {
          const [store, other] = [await storage.open(), await storage.open()];
          const follower = await ProjectionRunner.open({ store, projection: counterTotals });
          await append(store, ['a', 'b', 'a']);
          await dump(storage);
          await append(store, ['a', 'c', 'a']);
          await follower.ready();
          await doIt(storage);
          if (writes === 'others write') await append(other, ['b', 'd']);
          if (writes === 'it writes') await append(store, ['b', 'd']);
          await demandRight(store, follower);
          const late = await storage.open();
          const later = await ProjectionRunner.open({ store: late, projection: counterTotals });
          await demandRight(late, later);
          await append(late, ['e']);
          await demandRight(store, follower);
          for (const one of [follower, later]) await one.close();
        }));
    }
  }

  it('in another database are not read models of it: copied events are rebuilt from (Q78)', () =>
    onStorage(freshStorage(), (storage) =>
      onStorage(freshStorage(), async (there) => {
        const store = await storage.open({ models: [counterTotals] });
        await append(store, ['a', 'b', 'a']);
        await there.open({ models: [counterTotals] });
        for (const table of LOG)
          await storage.pool.query(`INSERT INTO "${there.schema}".${table} TABLE "${storage.schema}".${table}`);
        const copy = await there.open();
        const follower = await ProjectionRunner.open({ store: copy, projection: counterTotals });
        await demandRight(copy, follower);
        await append(copy, ['c']);
        await follower.rebuild();
        await demandRight(copy, follower);
        await follower.close();
      }),
    ));

  it('if all are copied without their sequences, can be written to and are rebuilt (Q73, Q78)', () =>
    onStorage(freshStorage(), (storage) =>
      onStorage(freshStorage(), async (there) => {
        const store = await storage.open({ models: [counterTotals] });
        await append(store, ['a', 'b', 'a']);
        await (await there.open()).close();
        await there.pool.query(`ALTER SEQUENCE "${there.schema}".revocations RESTART`);
        for (const table of [...LOG, ...MODELS])
          await storage.pool.query(`INSERT INTO "${there.schema}".${table} TABLE "${storage.schema}".${table}`);
        const copy = await there.open({ models: [counterTotals] });
        await append(copy, ['c', 'a']);
        const follower = await ProjectionRunner.open({ store: copy, projection: counterTotals });
        await follower.rebuild();
        await demandRight(copy, follower);
        await follower.close();
      }),
    ));
});

/** Rows are the fold of the log: refused for a while they may be, wrong they may not. */
async function demandRight(store: PostgresStore, follower: ProjectionRunner<CounterEvent, CounterRow>): Promise<void> {
  const all = await allEvents(store.eventStore);
  const keys = ['a', 'b', 'c', 'd', 'e'].map(counterStream);
  const totals = new Map(keys.map((key) => [key, all.filter(({ streamId }) => streamId === key).length]));
  const { rows } = await follower.read(keys);
  expect(keys.map((key) => [key, rows.get(key)?.total ?? 0])).to.deep.equal([...totals]);
  await demandSound(store);
}

async function empty({ pool, schema }: Storage, tables: readonly string[]): Promise<void> {
  await pool.query(`TRUNCATE ${tables.map((table) => `"${schema}".${table}`).join(', ')} RESTART IDENTITY`);
}

async function dump({ pool, schema }: Storage): Promise<void> {
  for (const table of [...LOG, ...MODELS])
    await pool.query(`CREATE TABLE "${schema}".dumped_${table} AS TABLE "${schema}".${table}`);
}

async function putBack({ pool, schema }: Storage, tables: readonly string[]): Promise<void> {
  const statements = tables.map(
    (table) => `TRUNCATE "${schema}".${table}; INSERT INTO "${schema}".${table} TABLE "${schema}".dumped_${table};`,
  );
  await pool.query(`BEGIN; ${statements.join('\n')} COMMIT`);
}

async function append({ eventStore }: PostgresStore, names: readonly string[]): Promise<void> {
  for (const name of names) await eventStore.append(appendTo(name));
}
