import { setTimeout as pause } from 'node:timers/promises';
import type { Consumer } from '@login-policy/event-sourcing';
import { openPostgresStore, type ConsumeWithinOptions, type PostgresStore } from '@login-policy/store-postgres';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Pool, type ClientBase } from 'pg';
import { databaseUrl } from './database.js';
import { FaultyNetwork } from './faulty-network.js';
import { allEvents, appendTo } from './sample.js';
import { onStorage, storages, type Storage } from './stores.js';
import { eventually } from './waiting.js';

const freshStorage = storages();
/** Not the isolation level. */
const COMMIT = /COMMIT\0/;
/** How often each statement of a handler's transaction is cut, in each way. */
const ROUNDS = Number(process.env['PROOF_ROUNDS'] ?? 2);
/** What a handler's transaction sends: its begin, the handler's own statement, the move of the checkpoint, its end. */
const STATEMENTS = [/BEGIN/, /INSERT INTO done/, /WITH target/, COMMIT];
const TROUBLES = ['request-lost', 'answer-lost'] as const;

describe('a consumer whose handler takes part in the transaction, over a network that breaks', () => {
  it('takes effect exactly once, though the answer to a COMMIT is lost while the page grows', () =>
    onStorage(freshStorage(), (storage) =>
      connected(storage, async ({ network, store, witness, consume }) => {
        for (let count = 0; count < 5; count++) await witness.eventStore.append(appendTo('a'));
        network.failNext(COMMIT, 'answer-lost');
        let calls = 0;
        const consumer = consume(store, { name: 'growing' }, async () => {
          if (++calls === 1) await witness.eventStore.append(appendTo('b'));
        });
        await demandEachOnce(storage, witness, consumer);
        expect(network.troubles).to.equal(1);
      }),
    ));

  it('takes effect exactly once, whichever of its statements is cut, before it arrives and after', () =>
    onStorage(freshStorage(), (storage) =>
      connected(storage, async ({ network, store, witness, consume }) => {
        const consumer = consume(store, { name: 'cut', handleTimeoutMs: 2000 }, async () => undefined);
        let cuts = 0;
        for (let round = 0; round < ROUNDS; round++) {
          for (const statement of STATEMENTS) {
            for (const trouble of TROUBLES) {
              network.failNext(statement, trouble);
              cuts += 1;
              for (; network.troubles < cuts; await pause(2)) await witness.eventStore.append(appendTo('a'));
              await allHandled(witness, consumer);
            }
          }
        }
        await demandEachOnce(storage, witness, consumer);
      }),
    ));

  it('does nothing, and says why, when its handler deletes the record of its own consumer', () =>
    onStorage(freshStorage(), (storage) =>
      connected(storage, async ({ store, witness, consume }) => {
        await witness.eventStore.append(appendTo('a'));
        const consumer = consume(store, { name: 'deleting' }, async (attempt, client) => {
          if (attempt === 1) await client.query(`DELETE FROM "${storage.schema}".consumers`);
        });
        await demandEachOnce(storage, witness, consumer);
        expect(String(consumer.status().lastFailure?.error)).to.include('the record of the consumer');
      }),
    ));
});

type Consume = (
  store: PostgresStore,
  options: Omit<ConsumeWithinOptions, 'handle'>,
  before: (attempt: number, client: ClientBase) => Promise<unknown>,
) => Consumer;

interface Connected {
  readonly network: FaultyNetwork;
  /** Over the faulty network. */
  readonly store: PostgresStore;
  /** Over a good one. */
  readonly witness: PostgresStore;
  /** Consumes with a handler that notes each event in the table `done`, after what a test does. */
  readonly consume: Consume;
}

async function connected(storage: Storage, test: (connected: Connected) => Promise<void>): Promise<void> {
  const { network, url } = await FaultyNetwork.before(await databaseUrl());
  const pool = new Pool({ connectionString: url, options: `-c search_path=${storage.schema}` });
  pool.on('error', () => undefined);
  try {
    const witness = await storage.open();
    await storage.pool.query(`CREATE TABLE "${storage.schema}".done (id text)`);
    const store = await openPostgresStore({ pool, schema: storage.schema });
    const consume: Consume = (consuming, options, before) =>
      consuming.consumeWithin({
        ...options,
        handle: async (events, { attempt, client }) => {
          await before(attempt, client);
          await client.query('INSERT INTO done SELECT unnest($1::text[])', [events.map(({ id }) => id)]);
        },
      });
    await test({ network, store, witness, consume });
    await store.close();
  } finally {
    await network.close();
    await pool.end();
  }
}

/** Waits until a consumer has handled all events. @throws AssertionError when one had its effect never, or twice. */
async function demandEachOnce({ pool, schema }: Storage, witness: PostgresStore, consumer: Consumer): Promise<void> {
  await allHandled(witness, consumer);
  const all = await allEvents(witness.eventStore);
  const { rows } = await pool.query<{ id: string }>(`SELECT id FROM "${schema}".done ORDER BY id`);
  expect(rows.map(({ id }) => id)).to.deep.equal(all.map(({ id }) => id).toSorted());
}

async function allHandled(witness: PostgresStore, consumer: Consumer): Promise<void> {
  await eventually('all events', async () => consumer.status().position === (await witness.eventStore.head()));
}
