import type { PostgresStore } from '@login-policy/store-postgres';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Pool } from 'pg';
import { AskingServer } from './asking-server.js';
import { databaseUrl } from './database.js';
import { appendTo } from './sample.js';
import { onStorage, storages, type Storage } from './stores.js';
import { eventually } from './waiting.js';

const freshStorage = storages();
const NEVER = 600_000;

describe('a subscriber who waits for what another process writes to PostgreSQL', () => {
  it('is told by the server, without looking', () =>
    onStorage(freshStorage(), async (storage) => {
      const [writer, reader] = [await storage.open(), await storage.open({ pollIntervalMs: NEVER })];
      const subscriber = subscribe(reader);
      await isListening(storage);
      await tellsOf(subscriber, writer);
      await subscriber.leave();
    }));

  it('is told again after the connection that listens broke', () =>
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

  it('is told by a server that asks for the password of the pool', () =>
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

  it('finds out by looking, when nothing listens', () =>
    onStorage(freshStorage(), async (storage) => {
      const [writer, reader] = [await storage.open(), await storage.open({ listen: 'off', pollIntervalMs: 20 })];
      const subscriber = subscribe(reader);
      await tellsOf(subscriber, writer);
      expect(await listeners(storage)).to.deep.equal([]);
      await subscriber.leave();
    }));

  it('leaves no connection behind when its store is closed', () =>
    onStorage(freshStorage(), async (storage) => {
      const reader = await storage.open();
      const subscriber = subscribe(reader);
      await isListening(storage);
      await subscriber.leave();
      await reader.close();
      await eventually('the end of the listener', async () => (await listeners(storage)).length === 0);
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
  await eventually('a listener', async () => (await listeners(storage)).length > 0);
  return (await listeners(storage))[0] ?? 0;
}

/** The server's processes that hold the lock of those who listen on this schema, as their last statement took it. */
async function listeners({ pool, schema }: Storage): Promise<readonly number[]> {
  const { rows } = await pool.query<{ pid: number }>(
    `SELECT l.pid FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
     WHERE l.locktype = 'advisory' AND l.mode = 'ShareLock' AND l.granted AND a.application_name = $1`,
    [`login-policy ${schema}`],
  );
  return rows.map(({ pid }) => pid);
}
