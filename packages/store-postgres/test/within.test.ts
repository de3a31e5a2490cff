import {
  accept,
  CommandHandler,
  type Decider,
  position as positionOf,
  reject,
  revision,
  START,
} from '@login-policy/event-sourcing';
import { ordinalOf } from '@login-policy/event-sourcing/store';
import { counterEvents, counterTotals, type CounterEvent, rowUnder } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { PoolClient } from 'pg';
import { allEvents, appendTo, counterStream } from './sample.js';
import { onStorage, storages, type Storage } from './stores.js';

const freshStorage = storages();

/** Counts once and never again. */
const once: Decider<{ readonly type: 'count' }, CounterEvent, number, { readonly reason: 'counted-already' }> = {
  initial: 0,
  evolve: (count) => count + 1,
  decide: (_, count) =>
    count === 0 ? accept({ type: 'Counted', data: { by: 1 } }) : reject({ reason: 'counted-already' }),
};

describe("an append inside a caller's transaction", () => {
  for (const models of [[], [counterTotals]]) {
    const kind = models.length === 0 ? 'a plain store' : 'a store with an inline projection';

    it(`is committed together with the changes of the caller: ${kind}`, () =>
      onStorage(freshStorage(), async (storage) => {
        const store = await storage.open({ models });
        await store.eventStore.append(appendTo('a'));
        const recorded = await inTransaction(storage, 'COMMIT', async (client) => {
          await client.query(`CREATE TABLE "${storage.schema}".services (name text)`);
          await client.query(`INSERT INTO "${storage.schema}".services VALUES ('mine')`);
          return store.within(client).eventStore.append(appendTo('a'));
        });
        expect(await allEvents(store.eventStore)).to.have.length(2);
        expect((await storage.pool.query(`SELECT FROM "${storage.schema}".services`)).rowCount).to.equal(1);
        const [next] = await store.eventStore.append(appendTo('a', recorded.at(-1)?.revision ?? 'any'));
        expect(next?.revision).to.equal(2n);
        await demandTotal(storage, models.length === 0 ? undefined : 3);
      }));

    it(`is rolled back with the transaction: ${kind}`, () =>
      onStorage(freshStorage(), async (storage) => {
        const store = await storage.open({ models });
        const before = await store.eventStore.append(appendTo('a'));
        await inTransaction(storage, 'ROLLBACK', (client) => store.within(client).eventStore.append(appendTo('a')));
        expect((await allEvents(store.eventStore)).map(({ id }) => id)).to.deep.equal(before.map(({ id }) => id));
        const [next] = await store.eventStore.append(appendTo('a', revision(0)));
        expect([next?.revision, ordinalOf(next?.position ?? START)]).to.deep.equal([1n, 2n]);
        await demandTotal(storage, models.length === 0 ? undefined : 2);
      }));

    it(`does not affect the transaction if it is refused: ${kind}`, () =>
      onStorage(freshStorage(), async (storage) => {
        const store = await storage.open({ models });
        const refused = await inTransaction(storage, 'COMMIT', async (client) => {
          const caught: unknown = await store
            .within(client)
            .eventStore.append(appendTo('a', revision(0)))
            .catch((error: unknown) => error);
          await store.within(client).eventStore.append(appendTo('b'));
          return caught;
        });
        expect(refused).to.include({ code: 'revision-conflict' });
        expect((await allEvents(store.eventStore)).map(({ streamId }) => streamId)).to.deep.equal(['Counter-b']);
      }));

    it(`is visible only in the transaction until its commit: ${kind}`, () =>
      onStorage(freshStorage(), async (storage) => {
        const store = await storage.open({ models });
        await inTransaction(storage, 'COMMIT', async (client) => {
          const within = store.within(client);
          await within.eventStore.append(appendTo('a'));
          expect((await allEvents(within.eventStore)).map(({ position }) => ordinalOf(position))).to.deep.equal([1n]);
          expect(ordinalOf(await within.eventStore.head())).to.equal(1n);
          const inside = await rowUnder(await within.readModels.open(counterTotals), counterStream('a'));
          expect(inside?.total).to.equal(models.length === 0 ? undefined : 1);
          expect(await allEvents(store.eventStore)).to.have.length(0);
          expect(await rowUnder(await store.readModels.open(counterTotals), counterStream('a'))).to.equal(undefined);
        });
        expect(await allEvents(store.eventStore)).to.have.length(1);
      }));

    it(`is refused if the transaction has ended or was never begun, and writes nothing outside of it: ${kind}`, () =>
      onStorage(freshStorage(), async (storage) => {
        const store = await storage.open({ models });
        await onClient(storage, async (client) => {
          await client.query('BEGIN');
          const within = store.within(client);
          await within.eventStore.append(appendTo('a'));
          await client.query('COMMIT');
          await demandRefused(within.eventStore.append(appendTo('a')), 'has ended, or was never begun');
          await client.query('BEGIN');
          await demandRefused(within.eventStore.append(appendTo('a')), 'has ended, or was never begun');
          await client.query('COMMIT');
          await demandRefused(store.within(client).eventStore.append(appendTo('a')), 'has ended, or was never begun');
        });
        expect(await allEvents(store.eventStore)).to.have.length(1);
        await demandTotal(storage, models.length === 0 ? undefined : 1);
      }));

    it(`writes nothing if the caller rolls back without waiting for it: ${kind}`, () =>
      onStorage(freshStorage(), async (storage) => {
        const store = await storage.open({ models });
        await onClient(storage, async (client) => {
          await client.query('BEGIN');
          const within = store.within(client);
          await within.eventStore.head();
          const appends = ['a', 'a', 'b'].map((name) => within.eventStore.append(appendTo(name)));
          const settled = Promise.allSettled(appends);
          await client.query('ROLLBACK');
          const refusals = (await settled).filter(({ status }) => status === 'rejected');
          expect(refusals).to.have.length.of.at.least(2);
        });
        expect(await allEvents(store.eventStore)).to.have.length(0);
        await store.eventStore.append(appendTo('a'));
        await demandTotal(storage, models.length === 0 ? undefined : 1);
      }));

    it(`waits for the one before it in the same transaction: ${kind}`, () =>
      onStorage(freshStorage(), async (storage) => {
        const store = await storage.open({ models });
        const names = Array.from({ length: 20 }, (_, index) => `s-${index % 3}`);
        await inTransaction(storage, 'COMMIT', (client) =>
          Promise.all(names.map((name) => store.within(client).eventStore.append(appendTo(name)))),
        );
        const all = await allEvents(store.eventStore);
        expect(all.map(({ streamId }) => streamId)).to.deep.equal(names.map(counterStream));
        expect(all.map(({ position }) => ordinalOf(position))).to.deep.equal(
          names.map((_, index) => BigInt(index + 1)),
        );
      }));
  }

  it('may come from a command that was decided by events of the same transaction, and is written once', () =>
    onStorage(freshStorage(), async (storage) => {
      const store = await storage.open();
      const stream = counterStream('a');
      await inTransaction(storage, 'COMMIT', async (client) => {
        const handler = new CommandHandler({
          eventStore: store.within(client).eventStore,
          decider: once,
          events: counterEvents,
        });
        const context = { actor: 'tester', idempotencyKey: 'k' };
        const first = await handler.handle(stream, { type: 'count' }, context);
        const again = await handler.handle(stream, { type: 'count' }, context);
        const refused = await handler.handle(stream, { type: 'count' }, { actor: 'tester' });
        expect([first.outcome, again, refused.outcome]).to.deep.equal([
          'accepted',
          { ...first, isRepeated: true, events: [] },
          'rejected',
        ]);
      });
      const outside = new CommandHandler({ eventStore: store.eventStore, decider: once, events: counterEvents });
      expect((await outside.handle(stream, { type: 'count' }, { actor: 'tester' })).outcome).to.equal('rejected');
      expect(await allEvents(store.eventStore)).to.have.length(1);
    }));

  it('is refused if the store is closed, and the inner store cannot be followed', () =>
    onStorage(freshStorage(), async (storage) => {
      const store = await storage.open();
      await inTransaction(storage, 'ROLLBACK', async (client) => {
        expect(() => store.within(client).eventStore.subscribe()).to.throw('can’t be followed');
        await store.close();
        expect(() => store.within(client))
          .to.throw()
          .with.property('code', 'store-closed');
      });
    }));

  it('updates the rows of read models, and a projection runner in it is refused', () =>
    onStorage(freshStorage(), async (storage) => {
      const store = await storage.open();
      await store.readModels.open(counterTotals);
      await inTransaction(storage, 'COMMIT', async (client) => {
        const model = await store.within(client).readModels.open(counterTotals);
        const step = { expected: undefined, checkpoint: positionOf(1), rows: new Map() };
        await demandRefused(model.commit(step), 'no projector');
        await demandRefused(model.beginRebuild(), 'no projector');
        await store.within(client).eventStore.append(appendTo('a'));
      });
      expect(await allEvents(store.eventStore)).to.have.length(1);
    }));

  it('is refused for anything but a client, as a pool whose statements are each outside of the transaction', () =>
    onStorage(freshStorage(), async (storage) => {
      const store = await storage.open();
      const clients: readonly PoolClient[] = JSON.parse('[null, 5, {}]');
      for (const client of [...clients, Object(storage.pool)])
        expect(() => store.within(client)).to.throw(RangeError, 'within: client must be a client');
    }));

  it('is refused in a transaction above READ COMMITTED', () =>
    onStorage(freshStorage(), async (storage) => {
      const store = await storage.open();
      const caught = await inTransaction(storage, 'ROLLBACK', async (client) => {
        await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
        return store
          .within(client)
          .eventStore.append(appendTo('a'))
          .catch((error: unknown) => error);
      });
      expect(String(caught)).to.include('READ COMMITTED');
    }));
});

async function inTransaction<Result>(
  storage: Storage,
  end: 'COMMIT' | 'ROLLBACK',
  work: (client: PoolClient) => Promise<Result>,
): Promise<Result> {
  return onClient(storage, async (client) => {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query(end);
    return result;
  });
}

async function onClient<Result>({ pool }: Storage, work: (client: PoolClient) => Promise<Result>): Promise<Result> {
  const client = await pool.connect();
  try {
    return await work(client);
  } finally {
    client.release();
  }
}

async function demandRefused(work: Promise<unknown>, why: string): Promise<void> {
  const caught: unknown = await work.then(
    () => 'nothing was refused',
    (error: unknown) => error,
  );
  expect(String(caught)).to.include(why);
}

async function demandTotal(storage: Storage, expected: number | undefined): Promise<void> {
  const { readModels } = await storage.open();
  const model = await readModels.open(counterTotals);
  expect((await rowUnder(model, counterStream('a')))?.total).to.equal(expected);
}
