import { type RecordedEvent, revision, type Revision } from '@login-policy/event-sourcing';
import { ordinalOf } from '@login-policy/event-sourcing/store';
import type { PostgresStore } from '@login-policy/store-postgres';
import { counterTotals, rowUnder } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { setTimeout } from 'node:timers/promises';
import { calledIn } from './functions.js';
import { metPool } from './met-pool.js';
import { allEvents, appendTo, counterStream } from './sample.js';
import { onStorage, storages, type Storage } from './stores.js';

const freshStorage = storages();
const KINDS = { 'plain stores': [], 'stores with an inline projection': [counterTotals] };

/** All counters in one row, whatever their streams: a new stream does not mean a new row. */
const inOneRow: typeof counterTotals = { ...counterTotals, name: 'in-one-row', key: () => 'all' };

describe('appends that come together', () => {
  it('are observed as the groups that they were written in', () =>
    onStorage(freshStorage(), async (storage) => {
      const told: number[] = [];
      const store = await storage.open({ observe: (one) => one.type === 'group' && told.push(one.appends) });
      const names = Array.from({ length: 20 }, (_, index) => `${index}`);
      await Promise.all(names.map((name) => store.eventStore.append(appendTo(name, 'no-stream'))));
      expect(told.reduce((sum, appends) => sum + appends)).to.equal(20);
      expect(told.length).to.be.below(20);
    }));
});

/**
 * Does something with a store, and keeps which of the functions that write were called; `delay` goes before the next
 * one.
 */
async function onCalls(
  storage: Storage,
  work: (store: PostgresStore, calls: { names: string[]; delay: number }) => Promise<void>,
): Promise<void> {
  const calls = { names: new Array<string>(), delay: 0 };
  const pool = await metPool(async (statement) => {
    const name = calledIn(statement);
    if (name !== 'append' && name !== 'lookUp') return;
    calls.names.push(name);
    const { delay } = calls;
    calls.delay = 0;
    await setTimeout(delay);
  });
  const store = await storage.open({ pool });
  await work(store, calls);
  await store.close();
  await pool.end();
}

describe('the cache of a process on PostgreSQL', () => {
  it('is not cleared because of an append that arrived too late for its recording time', () =>
    onStorage(freshStorage(), (storage) =>
      onCalls(storage, async ({ eventStore }, calls) => {
        for (const name of ['a', 'b']) await eventStore.append(appendTo(name, 'no-stream'));
        calls.names = [];
        calls.delay = 300;
        await eventStore.append(appendTo('a'));
        expect(calls.names).to.deep.equal(['append', 'lookUp', 'append']);
        calls.names = [];
        await eventStore.append(appendTo('b'));
        expect(calls.names).to.deep.equal(['append']);
      }),
    ));

  it('holds at most 20,000 streams, however many are begun', () =>
    onStorage(freshStorage(), (storage) =>
      onCalls(storage, async ({ eventStore }, calls) => {
        const names = Array.from({ length: 20_000 }, (_, index) => `s-${index}`);
        await Promise.all(names.map((name) => eventStore.append(appendTo(name, 'no-stream'))));
        // What was looked for in a turn is what was used last.
        await eventStore.append(appendTo('s-20000'));
        calls.names = [];
        await eventStore.append(appendTo('s-20000'));
        expect(calls.names).to.deep.equal(['append']);
        await eventStore.append(appendTo('s-0'));
        expect(calls.names).to.deep.equal(['append', 'lookUp', 'append']);
      }),
    ));
});

describe('two processes that alternately write to PostgreSQL', () => {
  for (const [kind, models] of Object.entries(KINDS)) {
    it(`continue after the other, although each has cached its own last write: ${kind}`, () =>
      onStorage(freshStorage(), async (storage) => {
        const stores = [await storage.open({ models }), await storage.open({ models })];
        let last: Revision | 'no-stream' = 'no-stream';
        // Short turns and long ones: after a long one the other is mistaken about much.
        for (const [turn, length] of [1, 3, 1, 1, 20, 2, 5, 1, 40, 3].entries()) {
          for (let count = 0; count < length; count++) {
            const [event] = await storeOf(stores, turn).eventStore.append(appendTo('a', last));
            last = event?.revision ?? 'no-stream';
          }
        }
        const all = await allEvents(storeOf(stores, 0).eventStore);
        expect(all.map(placeOf)).to.deep.equal(all.map((_, index) => [BigInt(index + 1), revision(index)]));
        expect(all).to.have.length(77);
        if (models.length > 0) {
          const model = await storeOf(stores, 1).readModels.open(counterTotals);
          expect((await rowUnder(model, counterStream('a')))?.total).to.equal(77);
        }
      }));
  }

  it('notice a stream that the other has begun, and a row that another stream made', () =>
    onStorage(freshStorage(), async (storage) => {
      const [one, other] = [await storage.open({ models: [inOneRow] }), await storage.open({ models: [inOneRow] })];
      await other.eventStore.append(appendTo('b', 'no-stream'));
      for (const name of ['a', 'c']) await one.eventStore.append(appendTo(name, 'no-stream'));
      // Known to the other one only, and begun in a group with one that is new.
      const outcomes = await Promise.allSettled(
        ['d', 'b', 'e'].map((name) => one.eventStore.append(appendTo(name, 'no-stream'))),
      );
      expect(outcomes.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled']);
      expect(outcomes[1]).to.have.nested.property('reason.code', 'revision-conflict');
      await other.eventStore.append(appendTo('f', 'no-stream'));
      await other.eventStore.append(appendTo('a', 'no-stream')).catch(() => undefined);
      const model = await one.readModels.open(inOneRow);
      expect((await rowUnder(model, 'all'))?.total).to.equal(6);
      const all = await allEvents(other.eventStore);
      expect(all.map(({ position }) => ordinalOf(position))).to.deep.equal(all.map((_, index) => BigInt(index + 1)));
    }));

  it('decide by the latest events of the other', () =>
    onStorage(freshStorage(), async (storage) => {
      const [one, other] = [await storage.open(), await storage.open()];
      await one.eventStore.append(appendTo('a', 'no-stream'));
      await other.eventStore.append(appendTo('a', revision(0)));
      const refused = await one.eventStore.append(appendTo('a', revision(0))).catch((caught: unknown) => caught);
      expect(refused).to.have.property('code', 'revision-conflict');
      await one.eventStore.append(appendTo('a', revision(1)));
      expect(await allEvents(other.eventStore)).to.have.length(3);
    }));
});

function storeOf(stores: readonly PostgresStore[], turn: number): PostgresStore {
  const store = stores[turn % stores.length];
  if (store === undefined) throw new RangeError(`no store has turn ${turn}`);
  return store;
}

function placeOf({ position, revision: inStream }: RecordedEvent): readonly [bigint, bigint] {
  return [ordinalOf(position), inStream];
}
