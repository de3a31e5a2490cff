import { accept, CommandHandler, type Decider } from '@login-policy/event-sourcing';
import type { PostgresStore } from '@login-policy/store-postgres';
import { counterEvents, counterTotals, type CounterEvent, paced } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { PoolClient } from 'pg';
import { allEvents, appendTo, counterStream } from './sample.js';
import { demandSound } from './soundness.js';
import { onStorage, storages, type Storage, type AnyProjection } from './stores.js';
import { eventually } from './waiting.js';

const freshStorage = storages();

const KINDS: Readonly<Record<string, readonly AnyProjection[]>> = {
  'a plain store': [],
  'a store with an inline projection': [counterTotals],
};

/** Counts on and on. */
const counting: Decider<{ readonly type: 'count' }, CounterEvent, number, never> = {
  initial: 0,
  evolve: (count) => count + 1,
  decide: () => accept({ type: 'Counted', data: { by: 1 } }),
};

describe("a caller's transaction with appends in it", () => {
  for (const [kind, models] of Object.entries(KINDS)) {
    it(`waits for other writers no longer than the store does: ${kind}`, () =>
      inTwoTransactions({ models, lockTimeoutMs: paced(100) }, async ({ store, other, waits }) => {
        await store.within(other).eventStore.append(appendTo('a'));
        const caught = await refusal(store.within(waits).eventStore.append(appendTo('a')));
        expect(caught).to.include({ code: 'store-unavailable' });
        expect(String(caught)).to.include('lock time-out');
        await waits.query('ROLLBACK');
      }));

    it(`waits as long as its own lock time-out, if it has one: ${kind}`, () =>
      inTwoTransactions({ models, lockTimeoutMs: paced(60_000) }, async ({ store, other, waits }) => {
        await store.within(other).eventStore.append(appendTo('a'));
        await waits.query("SET LOCAL lock_timeout = '50ms'");
        expect(await refusal(store.within(waits).eventStore.append(appendTo('a')))).to.include({
          code: 'store-unavailable',
        });
      }));

    it(`keeps its settings: ${kind}`, () =>
      inTwoTransactions({ models }, async ({ store, waits }) => {
        for (const setting of ['0', '7s']) {
          await waits.query(`SET LOCAL lock_timeout = '${setting}'`);
          await store.within(waits).eventStore.append(appendTo('a'));
          const { rows } = await waits.query<{ lock_timeout: string }>('SHOW lock_timeout');
          expect(rows[0]?.lock_timeout).to.equal(setting);
        }
        const { rows } = await waits.query<{ statement_timeout: string }>('SHOW statement_timeout');
        expect(rows[0]?.statement_timeout).to.equal('0');
      }));

    it(`rolls appends back to a savepoint, and continues from there: ${kind}`, () =>
      onStorage(freshStorage(), async (storage) => {
        const store = await storage.open({ models });
        const client = await storage.pool.connect();
        await client.query('BEGIN');
        const within = store.within(client);
        const handler = new CommandHandler({ eventStore: within.eventStore, decider: counting, events: counterEvents });
        const count = async (): Promise<number> =>
          (await handler.handle(counterStream('a'), { type: 'count' }, { actor: 'tester' })).state;
        expect(await count()).to.equal(1);
        await client.query('SAVEPOINT before');
        expect([await count(), await count()]).to.deep.equal([2, 3]);
        await client.query('ROLLBACK TO SAVEPOINT before');
        expect(await count()).to.equal(2);
        await client.query('COMMIT');
        client.release();
        expect(await allEvents(store.eventStore)).to.have.length(2);
        if (models.length > 0) await demandSound(store);
      }));
  }

  it('rejects with deadline-exceeded when its signal fires while it waits for other writers, and writes nothing', () =>
    inTwoTransactions({}, async ({ store, other, waits }) => {
      await store.within(other).eventStore.append(appendTo('a'));
      const giving = new AbortController();
      const waiting = refusal(store.within(waits).eventStore.append({ ...appendTo('a'), signal: giving.signal }));
      await eventually('an append that waits', async () => {
        const { rows } = await other.query("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");
        return rows.length > 0;
      });
      giving.abort();
      await other.query('COMMIT');
      expect(await waiting).to.include({ code: 'deadline-exceeded' });
      await waits.query('COMMIT');
      expect(await allEvents(store.eventStore)).to.have.length(1);
    }));

  for (const [call, calls] of Object.entries({ first: 0, second: 1 }))
    it(`does not cancel what else runs on the client when a read in it is given up: its ${call} call`, () =>
      inTwoTransactions({ models: [] }, async ({ store, other, waits }) => {
        const { eventStore } = store.within(waits);
        for (let count = 0; count < calls; count++) await eventStore.head();
        await other.query('SELECT pg_advisory_xact_lock(1)');
        const own = waits.query('SELECT pg_advisory_xact_lock_shared(1)');
        const giving = new AbortController();
        const reading = refusal(eventStore.head({ signal: giving.signal }));
        await other.query('SELECT');
        giving.abort();
        expect(await reading).to.include({ code: 'deadline-exceeded' });
        // A cancel request would come before these answers.
        for (let count = 0; count < 20; count++) await other.query('SELECT FROM pg_stat_activity');
        await other.query('ROLLBACK');
        await own;
        await store.within(waits).eventStore.append(appendTo('a'));
      }));

  it('is refused if it may only read or has failed, and writes nothing', () =>
    inTwoTransactions({}, async ({ store, other, waits }) => {
      await waits.query('SET TRANSACTION READ ONLY');
      expect(await refusal(store.within(waits).eventStore.append(appendTo('a')))).to.include({
        code: 'store-unavailable',
      });
      await refusal(other.query('SELECT 1 / 0'));
      expect(await refusal(store.within(other).eventStore.append(appendTo('a')))).to.be.an('error');
      expect(await allEvents(store.eventStore)).to.deep.equal([]);
    }));
});

interface Transactions {
  readonly store: PostgresStore;
  readonly other: PoolClient;
  readonly waits: PoolClient;
}

async function inTwoTransactions(
  options: Parameters<Storage['open']>[0],
  test: (transactions: Transactions) => Promise<void>,
): Promise<void> {
  await onStorage(freshStorage(), async (storage) => {
    const store = await storage.open(options);
    const [other, waits] = [await storage.pool.connect(), await storage.pool.connect()];
    try {
      for (const client of [other, waits]) await client.query('BEGIN');
      await test({ store, other, waits });
    } finally {
      for (const client of [other, waits]) await client.query('ROLLBACK');
      for (const client of [other, waits]) client.release();
    }
  });
}

async function refusal(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'nothing was refused',
    (caught: unknown) => caught,
  );
}
