import { revision, RevisionConflict } from '@login-policy/event-sourcing';
import { counterTotals } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { PoolClient } from 'pg';
import { allEvents, appendTo, counterStream } from './sample.js';
import { onStorage, storages, type Storage } from './stores.js';

const freshStorage = storages();

describe("an append inside a caller's transaction", () => {
  for (const inlineProjections of [[], [counterTotals]]) {
    const kind = inlineProjections.length === 0 ? 'a plain store' : 'a store with an inline projection';

    it(`is there with what he changed himself when he commits: ${kind}`, () =>
      onStorage(freshStorage(), async (storage) => {
        const store = await storage.open({ inlineProjections });
        await store.eventStore.append(appendTo('a'));
        const recorded = await inTransaction(storage, 'COMMIT', async (client) => {
          await client.query(`CREATE TABLE "${storage.schema}".services (name text)`);
          await client.query(`INSERT INTO "${storage.schema}".services VALUES ('mine')`);
          return store.appendWithin(client, appendTo('a'));
        });
        expect(await allEvents(store.eventStore)).to.have.length(2);
        expect((await storage.pool.query(`SELECT FROM "${storage.schema}".services`)).rowCount).to.equal(1);
        const [next] = await store.eventStore.append(appendTo('a', recorded.at(-1)?.revision ?? 'any'));
        expect(next?.revision).to.equal(2n);
        await demandTotal(storage, inlineProjections.length === 0 ? undefined : 3);
      }));

    it(`was never there when he rolls back: ${kind}`, () =>
      onStorage(freshStorage(), async (storage) => {
        const store = await storage.open({ inlineProjections });
        const before = await store.eventStore.append(appendTo('a'));
        await inTransaction(storage, 'ROLLBACK', (client) => store.appendWithin(client, appendTo('a')));
        expect((await allEvents(store.eventStore)).map(({ id }) => id)).to.deep.equal(before.map(({ id }) => id));
        const [next] = await store.eventStore.append(appendTo('a', revision(0)));
        expect([next?.revision, next?.position]).to.deep.equal([1n, 2n]);
        await demandTotal(storage, inlineProjections.length === 0 ? undefined : 2);
      }));

    it(`that is refused leaves his transaction as it was: ${kind}`, () =>
      onStorage(freshStorage(), async (storage) => {
        const store = await storage.open({ inlineProjections });
        const refused = await inTransaction(storage, 'COMMIT', async (client) => {
          const caught: unknown = await store
            .appendWithin(client, appendTo('a', 'stream-exists'))
            .catch((error: unknown) => error);
          await store.appendWithin(client, appendTo('b'));
          return caught;
        });
        expect(refused).to.be.instanceOf(RevisionConflict);
        expect((await allEvents(store.eventStore)).map(({ streamId }) => streamId)).to.deep.equal(['Counter-b']);
      }));
  }

  it('is refused in a transaction that does not see what others commit', () =>
    onStorage(freshStorage(), async (storage) => {
      const store = await storage.open();
      const caught = await inTransaction(storage, 'ROLLBACK', async (client) => {
        await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
        return store.appendWithin(client, appendTo('a')).catch((error: unknown) => error);
      });
      expect(String(caught)).to.include('READ COMMITTED');
    }));
});

async function inTransaction<Result>(
  { pool }: Storage,
  end: 'COMMIT' | 'ROLLBACK',
  work: (client: PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query(end);
    return result;
  } finally {
    client.release();
  }
}

async function demandTotal(storage: Storage, expected: number | undefined): Promise<void> {
  const { readModels } = await storage.open();
  const model = await readModels.open(counterTotals);
  expect((await model.get(counterStream('a')))?.total).to.equal(expected);
}
