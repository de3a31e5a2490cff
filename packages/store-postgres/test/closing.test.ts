import { isFault } from '@login-policy/event-sourcing';
import { openPostgresStore, type PostgresStore } from '@login-policy/store-postgres';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Pool, type ClientBase } from 'pg';
import { databaseUrl } from './database.js';
import { FaultyNetwork } from './faulty-network.js';
import { fullPooler } from './full-pooler.js';
import { isTurnWaitedFor, takeTurn } from './locks.js';
import { refusal } from './refusal.js';
import { appendTo, counterStream } from './sample.js';
import { onStorage, storages } from './stores.js';
import { eventually } from './waiting.js';

const freshStorage = storages();

describe('closing a store on PostgreSQL', () => {
  it('waits for running reads, so that the pool may be ended right after it', () =>
    onStorage(freshStorage(), async (storage) => {
      for (let round = 0; round < 20; round++) {
        const pool = new Pool({ connectionString: await databaseUrl(), max: 2 });
        const store = await storage.open({ pool });
        if (round === 0) await store.eventStore.append(appendTo('a'));
        const reads = Array.from({ length: 10 }, () => [store.eventStore.head(), firstPage(store)]).flat();
        const outcomes = Promise.allSettled<unknown>(reads);
        await store.close();
        await pool.end();
        for (const outcome of await outcomes) {
          if (outcome.status === 'rejected') expect(outcome.reason).to.include({ code: 'store-closed' });
        }
      }
    }));

  it('lets a waiting write end while the server answers', () =>
    onStorage(freshStorage(), async (storage) => {
      const store = await storage.open();
      const release = await takeTurn(storage.pool, storage.schema);
      const appending = store.eventStore.append(appendTo('a'));
      await eventually('an append that waits', () => isTurnWaitedFor(storage.pool, storage.schema));
      const closing = store.close();
      const another = await storage.open();
      await release();
      await closing;
      const [event] = await appending;
      expect(await another.eventStore.head()).to.equal(event?.position);
    }));

  it('lets a waiting write end while a pooler accepts connections, though it has none to the server free', async () => {
    const pooler = await fullPooler(await databaseUrl());
    const pool = new Pool({ connectionString: pooler.url });
    await onStorage(freshStorage(), async (storage) => {
      const store = await storage.open({ pool, lockTimeoutMs: 60_000 });
      const release = await takeTurn(storage.pool, storage.schema);
      const appending = store.eventStore.append(appendTo('a'));
      appending.catch(() => undefined);
      await eventually('an append that waits', () => isTurnWaitedFor(storage.pool, storage.schema));
      pooler.isFull = true;
      const closing = store.close();
      await eventually('a check without an answer', async () => pooler.unanswered > 0);
      await release();
      await closing;
      expect(await appending).to.have.length(1);
    });
    await pool.end();
    await pooler.close();
  });

  for (const kind of ['a promise', 'the server', 'a network that has fallen silent'] as const) {
    it(`ends though a handler in a transaction never does, and waits for ${kind}`, async () => {
      const { network, url } = await FaultyNetwork.before(await databaseUrl());
      const pool = new Pool({ connectionString: url });
      await onStorage(freshStorage(), async (storage) => {
        const store = await openPostgresStore({ pool, schema: storage.schema });
        await store.eventStore.append(appendTo('a'));
        await new Promise<void>((begun) => {
          const handle = async (_: unknown, { client }: { readonly client: ClientBase }): Promise<void> => {
            begun();
            if (kind === 'a promise') await new Promise(() => undefined);
            if (kind === 'a network that has fallen silent') network.fallSilent();
            await client.query('SELECT pg_sleep(1000000)');
          };
          store.consumeWithin({ name: 'waiting', handle });
        });
        await store.close();
      });
      await network.close();
      await pool.end();
    });
  }

  for (const kind of ['nothing', 'a subscriber', 'a read', 'an append'] as const) {
    it(`ends on a silent network, whatever is running: ${kind}`, async () => {
      const { network, url } = await FaultyNetwork.before(await databaseUrl());
      const pool = new Pool({ connectionString: url });
      await onStorage(freshStorage(), async (storage) => {
        const store = await openPostgresStore({ pool, schema: storage.schema });
        await store.eventStore.append(appendTo('a'));
        const waiting = kind === 'a subscriber' ? await subscribed(store) : async () => undefined;
        if (kind === 'an append') network.failNextAppend('silent');
        else network.fallSilent();
        const asked = refusal(kind === 'a read' ? store.eventStore.head() : Promise.resolve());
        const written = refusal(kind === 'an append' ? store.eventStore.append(appendTo('a')) : Promise.resolve());
        if (kind === 'an append') await eventually('an append on its way', async () => network.troubles === 1);
        network.fallSilent();
        await store.close();
        if (kind === 'a read') expect(await asked).to.include({ code: 'store-closed' });
        if (kind === 'an append') expect(await written).to.have.property('code', 'outcome-unknown');
        expect(await refusal(waiting())).to.satisfy(
          (end: unknown) => end === undefined || isFault(end, 'store-closed'),
        );
      });
      await network.close();
      await pool.end();
    });
  }
});

async function firstPage({ eventStore }: PostgresStore): Promise<number> {
  for await (const page of eventStore.readStream(counterStream('a'))) return page.length;
  return 0;
}

/** Follows a store up to its end. Resolves to the end of following. */
async function subscribed({ eventStore }: PostgresStore): Promise<() => Promise<void>> {
  let isCaughtUp = false;
  const following = (async () => {
    for await (const { kind } of eventStore.subscribe()) isCaughtUp ||= kind === 'caught-up';
  })();
  following.catch(() => undefined);
  await eventually('the end of the log', async () => isCaughtUp);
  return () => following;
}
