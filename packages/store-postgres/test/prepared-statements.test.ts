import { Socket } from 'node:net';
import type { PostgresStore } from '@login-policy/store-postgres';
import { counterTotals, rowUnder } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Pool } from 'pg';
import { databaseUrl } from './database.js';
import { allEvents, appendTo, counterStream } from './sample.js';
import { onStorage, storages, type Storage } from './stores.js';

const freshStorage = storages();

/** A store on a pool of one connection, so that a test can look at what is kept in it. */
async function onOneConnection(
  storage: Storage,
  kind: 'direct' | 'pipelined' | 'pooled' | 'never',
  test: (store: PostgresStore, pool: Pool) => Promise<void>,
): Promise<void> {
  const pipelined = { pipeline: kind === 'pipelined' };
  const pool = new Pool({ connectionString: await databaseUrl(), max: 1, ...pipelined });
  // A pooler makes up the process it names.
  if (kind === 'pooled') pool.on('connect', (client) => Object.assign(client, { processID: 1 }));
  const preparedStatements = kind === 'never' ? 'never' : 'when-direct';
  try {
    const store = await storage.open({ models: [counterTotals], preparedStatements, pool });
    await test(store, pool);
    await store.close();
  } finally {
    await pool.end();
  }
}

async function preparedIn(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ count: string }>('SELECT count(*) FROM pg_prepared_statements');
  return Number(rows[0]?.count);
}

async function useIt({ eventStore, readModels }: PostgresStore): Promise<void> {
  for (let count = 0; count < 3; count++) await eventStore.append(appendTo('a'));
  expect((await rowUnder(await readModels.open(counterTotals), counterStream('a')))?.total).to.be.greaterThan(2);
  await allEvents(eventStore);
}

describe('prepared statements', () => {
  it('are used on a direct connection to the server', () =>
    onStorage(freshStorage(), (storage) =>
      onOneConnection(storage, 'direct', async (store, pool) => {
        await useIt(store);
        expect(await preparedIn(pool)).to.be.greaterThan(2);
      }),
    ));

  it('are used on connections that pipeline their queries', () =>
    onStorage(freshStorage(), (storage) =>
      onOneConnection(storage, 'pipelined', async (store, pool) => {
        await useIt(store);
        expect(await preparedIn(pool)).to.be.greaterThan(2);
      }),
    ));

  it('are used on streams of the program that can not be corked', () =>
    onStorage(freshStorage(), async (storage) => {
      const stream = (): Socket => Object.assign(new Socket(), { cork: undefined, uncork: undefined });
      const pool = new Pool({ connectionString: await databaseUrl(), max: 1, stream });
      const store = await storage.open({ models: [counterTotals], pool });
      await useIt(store);
      expect(await preparedIn(pool)).to.be.greaterThan(2);
      await store.close();
      await pool.end();
    }));

  it('are not used behind a pooler', () =>
    onStorage(freshStorage(), (storage) =>
      onOneConnection(storage, 'pooled', async (store, pool) => {
        await useIt(store);
        expect(await preparedIn(pool)).to.equal(0);
      }),
    ));

  it('are not used if the option says so', () =>
    onStorage(freshStorage(), (storage) =>
      onOneConnection(storage, 'never', async (store, pool) => {
        await useIt(store);
        expect(await preparedIn(pool)).to.equal(0);
      }),
    ));

  it('that are missing all the same are replaced by plain statements, and each append is written once', () =>
    onStorage(freshStorage(), (storage) =>
      onOneConnection(storage, 'direct', async (store, pool) => {
        await useIt(store);
        await pool.query('DEALLOCATE ALL');
        await useIt(store);
        expect(await allEvents(store.eventStore)).to.have.length(6);
      }),
    ));
});
