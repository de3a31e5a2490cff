import type { PostgresStore } from '@login-policy/store-postgres';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Pool } from 'pg';
import { AskingServer } from './asking-server.js';
import { databaseUrl } from './database.js';
import { listenersOf } from './locks.js';
import { appendTo } from './sample.js';
import { onStorage, storages, type Storage } from './stores.js';
import { eventually } from './waiting.js';

const freshStorage = storages();
const NEVER = 600_000;

describe('a subscriber that waits for events of another process on PostgreSQL', () => {
  it('is notified by the server, without polling', () =>
    onStorage(freshStorage(), async (storage) => {
      const [writer, reader] = [await storage.open(), await storage.open({ pollIntervalMs: NEVER })];
      const subscriber = subscribe(reader);
      await isListening(storage);
      await tellsOf(subscriber, writer);
      await subscriber.leave();
    }));

  it('is notified again after the listening connection broke', () =>
    onStorage(freshStorage(), async (storage) => {
      const [writer, reader] = [await storage.open(), await storage.open({ pollIntervalMs: NEVER })];
      const subscriber = subscribe(reader);
      const broken = await isListening(storage);
      await storage.pool.query('SELECT pg_terminate_backend($1)', [broken]);
      await writer.eventStore.append(appendTo('a'));
      await eventually('the event that nobody told of', async () => subscriber.count() === 1);
      expect(await isListening(storage)).to.not.equal(broken);
      await tellsOf(subscriber, writer);
      await subscriber.leave();
    }));

  it('is notified by a server that requires the password of the pool', () =>
    onStorage(freshStorage(), async (storage) => {
      const url = new URL(await databaseUrl());
      const server = await AskingServer.before(url.href);
      const [user, database] = [url.username, url.pathname.slice(1)];
      const password = url.password === '' ? 'secret' : url.password;
      const pool = new Pool({ host: '127.0.0.1', port: server.port, user, database, password });
      const reader = await storage.open({ pool });
      const subscriber = subscribe(reader);
      await isListening(storage);
      expect(new Set(server.told)).to.deep.equal(new Set([password]));
      await subscriber.leave();
      await reader.close();
      await pool.end();
      await server.close();
    }));

  it('finds them by polling, if nothing listens', () =>
    onStorage(freshStorage(), async (storage) => {
      const [writer, reader] = [await storage.open(), await storage.open({ listen: 'off', pollIntervalMs: 20 })];
      const subscriber = subscribe(reader);
      await tellsOf(subscriber, writer);
      expect(await listenersOf(storage.pool, storage.schema)).to.deep.equal([]);
      await subscriber.leave();
    }));

  it('is notified over one connection for all stores of a pool, and hardly polls', () =>
    onStorage(freshStorage(), (storage) =>
      onStorage(freshStorage(), async (elsewhere) => {
        const readers = [storage, storage, elsewhere].map((one) => one.open({ pollIntervalMs: 1 }));
        const subscribers = (await Promise.all(readers)).map(subscribe);
        const pids = new Set([await isListening(storage), await isListening(elsewhere)]);
        expect(pids.size).to.equal(1);
        let looks = 0;
        const look = (): void => void (looks += 1);
        storage.pool.on('acquire', look);
        for (let round = 0; round < 1000; round++) await storage.pool.query('SELECT 1');
        storage.pool.off('acquire', look);
        expect(looks).to.be.lessThan(1100);
        for (const subscriber of subscribers) await subscriber.leave();
        await (await readers[0])?.close();
        const another = subscribe(await storage.open({ pollIntervalMs: NEVER }));
        await tellsOf(another, await storage.open());
        await another.leave();
      }),
    ));

  it('leaves no connection open when its store is closed', () =>
    onStorage(freshStorage(), async (storage) => {
      const reader = await storage.open();
      const subscriber = subscribe(reader);
      await isListening(storage);
      await subscriber.leave();
      await reader.close();
      await eventually(
        'the end of the listener',
        async () => (await listenersOf(storage.pool, storage.schema)).length === 0,
      );
    }));
});

interface Subscriber {
  count(): number;
  leave(): Promise<void>;
}

function subscribe({ eventStore }: PostgresStore): Subscriber {
  const ending = new AbortController();
  let count = 0;
  const read = async (): Promise<void> => {
    for await (const message of eventStore.subscribe({ signal: ending.signal })) {
      if (message.kind === 'events') count += message.events.length;
    }
  };
  const reading = read();
  return {
    count: () => count,
    async leave() {
      ending.abort();
      await reading;
    },
  };
}

async function tellsOf(subscriber: Subscriber, writer: PostgresStore): Promise<void> {
  for (let round = 0; round < 5; round++) {
    const before = subscriber.count();
    await writer.eventStore.append(appendTo('a'));
    await eventually('the event', async () => subscriber.count() === before + 1);
  }
}

/** Waits until somebody listens, and says which of the server's processes. */
async function isListening(storage: Storage): Promise<number> {
  await eventually('a listener', async () => (await listenersOf(storage.pool, storage.schema)).length > 0);
  return (await listenersOf(storage.pool, storage.schema))[0] ?? 0;
}
