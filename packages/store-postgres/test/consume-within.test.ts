import { expect } from 'chai';
import { describe, it } from 'mocha';
import { openPostgresStore, type ConsumeWithinOptions } from '@login-policy/store-postgres';
import { Pool, type ClientBase } from 'pg';
import { databaseUrl } from './database.js';
import { FaultyNetwork } from './faulty-network.js';
import { allEvents, appendTo } from './sample.js';
import { onStorage, storages, type Storage } from './stores.js';

const freshStorage = storages();

describe('a consumer whose handler takes part in the transaction that moves the checkpoint', () => {
  it('takes effect exactly once, however often it fails', () =>
    onStorage(freshStorage(), async (storage) => {
      const store = await storage.open();
      await storage.pool.query(`CREATE TABLE "${storage.schema}".done (id text)`);
      for (let count = 0; count < 5; count++) await store.eventStore.append(appendTo('a'));
      let calls = 0;
      const consumer = store.consumeWithin({
        name: 'exactly-once',
        pageSize: 1,
        handle: async ([event], { client }) => {
          await insert(storage, client, event?.id ?? '');
          if (++calls % 2 === 1) throw new Error('after the work');
        },
      });
      const all = await allEvents(store.eventStore);
      while (consumer.status().position !== all.at(-1)?.position) await turn();
      expect(await done(storage)).to.deep.equal(all.map(({ id }) => id));
      expect(calls).to.equal(10);
    }));

  it('is rolled back if its lease was taken meanwhile, and may append in its transaction', () =>
    onStorage(freshStorage(), async (storage) => {
      const { pool, schema } = storage;
      const store = await storage.open();
      await pool.query(`CREATE TABLE "${schema}".done (id text)`);
      await store.eventStore.append(appendTo('a'));
      let calls = 0;
      const consumer = store.consumeWithin({
        name: 'taken',
        handle: async ([event], { client }) => {
          await insert(storage, client, `${event?.id}`);
          await store.within(client).eventStore.append(appendTo('b'));
          if (++calls > 1) return;
          const taken = `UPDATE "${schema}".consumers SET version = version + 1, session = 'another', run = 1`;
          await pool.query(taken);
        },
      });
      while (calls === 0 || consumer.status().state !== 'standby') await turn();
      expect(await done(storage)).to.deep.equal([]);
      expect(await allEvents(store.eventStore)).to.have.length(1);
    }));

  it('rolls back what a handler did that never ends, so that other writers can go on', () =>
    onStorage(freshStorage(), async (storage) => {
      const store = await storage.open({ lockTimeoutMs: 60_000, statementTimeoutMs: 60_000 });
      await store.eventStore.append(appendTo('a'));
      const hanging = new Promise<void>((begun) => {
        store.consumeWithin({
          name: 'hanging',
          handleTimeoutMs: 1,
          handle: async (_, { client, attempt }) => {
            if (attempt > 1) return;
            await store.within(client).eventStore.append(appendTo('b'));
            begun();
            await new Promise(() => undefined);
          },
        });
      });
      await hanging;
      await store.eventStore.append(appendTo('c'));
      expect((await allEvents(store.eventStore)).map(({ streamId }) => streamId)).to.not.include('Counter-b');
    }));

  for (const [ends, repeated] of [
    ['ROLLBACK', 1],
    ['ROLLBACK AND CHAIN', 1],
    ['ROLLBACK; BEGIN', 1],
    ['COMMIT', 2],
    ['COMMIT; BEGIN', 2],
  ] as const) {
    it(`handles the events again if the handler ends the transaction itself: ${ends}`, () =>
      onStorage(freshStorage(), async (storage) => {
        const store = await storage.open();
        await storage.pool.query(`CREATE TABLE "${storage.schema}".done (id text)`);
        await store.eventStore.append(appendTo('a'));
        const [event] = await allEvents(store.eventStore);
        const consumer = store.consumeWithin({
          name: 'ending',
          handle: async (_, { client, attempt }) => {
            await insert(storage, client, 'once');
            if (attempt === 1) await client.query(ends);
          },
        });
        while (consumer.status().position !== event?.position) await turn();
        expect(await done(storage)).to.have.length(repeated);
        expect(String(consumer.status().lastFailure?.error)).to.include('must never commit or roll back');
      }));
  }

  it('handles the events again if a late statement of the handler fails, so that nothing was committed', () =>
    onStorage(freshStorage(), async (storage) => {
      const store = await storage.open();
      await storage.pool.query(`CREATE TABLE "${storage.schema}".done (id text)`);
      await store.eventStore.append(appendTo('a'));
      const [event] = await allEvents(store.eventStore);
      const consumer = store.consumeWithin({
        name: 'late',
        handle: async (_, { client, attempt }) => {
          await insert(storage, client, 'once');
          // Sent after the statement that moves the checkpoint, and before the commit.
          if (attempt === 1) process.nextTick(() => void client.query('SELECT 1 / 0').catch(() => undefined));
        },
      });
      while (consumer.status().position !== event?.position) await turn();
      expect(await done(storage)).to.have.length(1);
      const { rows } = await storage.pool.query(`SELECT position FROM "${storage.schema}".consumers`);
      expect(rows).to.deep.equal([{ position: String(event?.position) }]);
    }));

  it('is rolled back by the server when its process falls silent, so that other writers can go on', async () => {
    const { network, url } = await FaultyNetwork.before(await databaseUrl());
    const pool = new Pool({ connectionString: url });
    await onStorage(freshStorage(), async (storage) => {
      const silent = await openPostgresStore({ pool, schema: storage.schema });
      const store = await storage.open({ lockTimeoutMs: 60_000, statementTimeoutMs: 60_000 });
      await store.eventStore.append(appendTo('a'));
      await new Promise<void>((begun) => {
        silent.consumeWithin({
          name: 'silent',
          handleTimeoutMs: 1000,
          handle: async (_, { client }) => {
            await silent.within(client).eventStore.append(appendTo('b'));
            network.fallSilent();
            begun();
          },
        });
      });
      await store.eventStore.append(appendTo('c'));
      expect((await allEvents(store.eventStore)).map(({ streamId }) => streamId)).to.not.include('Counter-b');
      await network.close();
      await silent.close();
    });
    await pool.end();
  });

  it('is refused without a handler', () =>
    onStorage(freshStorage(), async (storage) => {
      const store = await storage.open();
      expect(() => store.consumeWithin(Object({ name: 'x' }))).to.throw(RangeError, 'handle');
      const none: ConsumeWithinOptions = JSON.parse('null');
      expect(() => store.consumeWithin(none)).to.throw(RangeError, 'name');
    }));
});

async function insert({ schema }: Storage, client: ClientBase, id: string): Promise<void> {
  await client.query(`INSERT INTO "${schema}".done VALUES ($1)`, [id]);
}

async function done({ pool, schema }: Storage): Promise<readonly string[]> {
  const { rows } = await pool.query<{ id: string }>(`SELECT id FROM "${schema}".done ORDER BY id`);
  return rows.map(({ id }) => id);
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
