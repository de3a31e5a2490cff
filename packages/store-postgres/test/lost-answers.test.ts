import type { PostgresStore } from '@login-policy/store-postgres';
import { counterTotals, paced } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Pool } from 'pg';
import { databaseUrl } from './database.js';
import { FaultyNetwork } from './faulty-network.js';
import { callOf } from './functions.js';
import { allEvents, appendTo, counted, counterStream } from './sample.js';
import { onStorage, storages, type OpenOptions, type Storage } from './stores.js';
import { eventually } from './waiting.js';

const freshStorage = storages();
const KINDS = { 'a plain store': [], 'a store with an inline projection': [counterTotals] };

interface Connected {
  readonly network: FaultyNetwork;
  /** Over the faulty network. */
  readonly store: PostgresStore;
  /** Over a good one. */
  readonly witness: PostgresStore;
}

async function connected(
  storage: Storage,
  options: OpenOptions,
  test: (connected: Connected) => Promise<void>,
): Promise<void> {
  const { network, url } = await FaultyNetwork.before(await databaseUrl());
  const pool = new Pool({ connectionString: url });
  try {
    const witness = await storage.open();
    const store = await storage.open({ ...options, pool });
    await store.eventStore.append(appendTo('a'));
    await test({ network, store, witness });
    await store.close();
  } finally {
    await network.close();
    await pool.end();
  }
}

describe('an append whose answer was lost', () => {
  for (const [kind, models] of Object.entries(KINDS)) {
    it(`is found by its event ids: ${kind}`, () =>
      onStorage(freshStorage(), (storage) =>
        connected(storage, { models }, async ({ network, store, witness }) => {
          network.failNextAppend('answer-lost');
          const recorded = await store.eventStore.append({ ...appendTo('a'), events: [counted(), counted()] });
          expect(network.troubles).to.equal(1);
          const all = await allEvents(witness.eventStore);
          expect(all.slice(1).map((event) => ({ ...event }))).to.deep.equal(recorded.map((event) => ({ ...event })));
          await store.eventStore.append(appendTo('a', recorded[1]?.revision ?? 'no-stream'));
        }),
      ));

    it(`is sent again if it is missing, and is written once: ${kind}`, () =>
      onStorage(freshStorage(), (storage) =>
        connected(storage, { models }, async ({ network, store, witness }) => {
          network.failNextAppend('request-lost');
          const [event] = await store.eventStore.append(appendTo('a'));
          expect(network.troubles).to.equal(1);
          expect((await allEvents(witness.eventStore)).map(({ id }) => id).slice(1)).to.deep.equal([event?.id]);
        }),
      ));

    it(`is not written late, if it was given up and its bytes arrive after all: ${kind}`, () =>
      onStorage(freshStorage(), (storage) =>
        connected(storage, { models }, async ({ network, store, witness }) => {
          network.failNextAppend('request-late');
          await store.eventStore.append(appendTo('a'));
          expect(await network.deliverLate()).to.include('the cache epoch has changed');
          expect(await allEvents(witness.eventStore)).to.have.length(2);
        }),
      ));
  }

  it('is found in its group, each append of which gets its own answer', () =>
    onStorage(freshStorage(), (storage) =>
      connected(storage, {}, async ({ network, store, witness }) => {
        const appends = [appendTo('a'), appendTo('a', 'no-stream'), appendTo('b', 'no-stream'), appendTo('c')];
        network.failNextAppend('answer-lost');
        const outcomes = await Promise.allSettled(appends.map((append) => store.eventStore.append(append)));
        expect(network.troubles).to.equal(1);
        expect(outcomes.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
        expect(await allEvents(witness.eventStore)).to.have.length(4);
      }),
    ));

  it('without events is found by its receipt', () =>
    onStorage(freshStorage(), (storage) =>
      connected(storage, {}, async ({ network, store, witness }) => {
        network.failNextAppend('answer-lost');
        const receipt = { key: 'key', fingerprint: 'fingerprint' };
        const recorded = await store.eventStore.append({ ...appendTo('a'), events: [], receipt });
        expect([network.troubles, recorded]).to.deep.equal([1, []]);
        expect(await witness.eventStore.receipt(counterStream('a'), 'key')).to.deep.include(receipt);
      }),
    ));

  it('is OutcomeUnknown if the server cannot be asked in time', () =>
    onStorage(freshStorage(), (storage) =>
      connected(
        storage,
        { lostAnswerTimeoutMs: paced(200), connectTimeoutMs: paced(500) },
        async ({ network, store }) => {
          network.failNextAppend('down');
          const append = await store.eventStore.append(appendTo('a')).catch((caught: unknown) => caught);
          expect(append).to.include({ code: 'outcome-unknown' });
          const later = await store.eventStore.append(appendTo('a')).catch((caught: unknown) => caught);
          expect(later).to.include({ code: 'store-unavailable' });
        },
      ),
    ));

  it("is retried after the time-out of the driver's queue, because nothing was sent", () =>
    onStorage(freshStorage(), async (storage) => {
      const pool = new Pool({ connectionString: await databaseUrl(), query_timeout: 300 });
      const witness = await storage.open();
      const store = await storage.open({ pool });
      const client = await storage.pool.connect();
      await client.query('BEGIN');
      await witness.within(client).eventStore.append(appendTo('held'));
      const append = store.eventStore.append(appendTo('a'));
      await eventually('a second attempt', async () => {
        const { rows } = await storage.pool.query<{ count: string }>(
          `SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory' AND query LIKE '%${callOf('lookUp')}%'`,
        );
        return Number(rows[0]?.count) >= 2;
      });
      await client.query('COMMIT');
      client.release();
      const [event] = await append;
      expect((await allEvents(witness.eventStore)).map(({ id }) => id).slice(1)).to.deep.equal([event?.id]);
      await store.close();
      await pool.end();
    }));

  it('settles on a silent network', () =>
    onStorage(freshStorage(), async (storage) => {
      await storage.open();
      await connected(
        storage,
        { statementTimeoutMs: paced(300), lockTimeoutMs: paced(300) },
        async ({ network, store, witness }) => {
          network.failNextAppend('silent');
          await store.eventStore.append(appendTo('a'));
          expect(network.troubles).to.equal(1);
          expect(await allEvents(witness.eventStore)).to.have.length(2);
        },
      );
    }));
});
