import { accept, CommandHandler, type Decider, isFault, reject, revision } from '@login-policy/event-sourcing';
import { ordinalOf } from '@login-policy/event-sourcing/store';
import type { PostgresStore } from '@login-policy/store-postgres';
import { counterEvents, counterTotals, type CounterEvent } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { allEvents, appendTo, counterStream } from './sample.js';
import { demandSound } from './soundness.js';
import { keeping, onStorage, storages, type Storage, type AnyProjection } from './stores.js';

const freshStorage = storages();
const TABLES = ['events', 'receipts', 'read_models', 'read_model_rows', 'read_model_entries'];
const KINDS: Readonly<Record<string, readonly AnyProjection[]>> = {
  'a plain store': [],
  'a store with a read model': [counterTotals],
};

describe('a dump that is restored under a running program', () => {
  for (const [kind, models] of Object.entries(KINDS)) {
    for (const others of ['nobody', 'another'] as const) {
      it(`is noticed before anything is based on lost events: ${kind}, and ${others} wrote meanwhile`, () =>
        onStorage(freshStorage(), async (storage) => {
          const [store, other] = [await storage.open({ models }), await storage.open({ models })];
          await append(store, 'a', 3);
          await dump(storage);
          await append(store, 'a', 2);
          await restore(storage);
          // As many as were lost, so that the log ends where it ended, and the stream does not.
          if (others === 'another') await append(other, 'b', 2);
          await append(store, 'a', 2);
          await append(store, 'b', 1);
          await demandContiguous(store);
          if (models.length > 0) await demandSound(store);
        }));
    }
  }

  it('makes a read model that it lacks unusable until it is created again', () =>
    onStorage(freshStorage(), async (storage) => {
      const store = await storage.open();
      await append(store, 'a', 2);
      await dump(storage);
      await keeping(store, [counterTotals]);
      await append(store, 'a', 1);
      const model = await store.readModels.open(counterTotals);
      await restore(storage);
      const { checkpoint, head } = await model.read([counterStream('a')]);
      expect([checkpoint, head]).to.deep.equal([undefined, await store.eventStore.head()]);
      await keeping(store, [counterTotals]);
      await append(store, 'a', 1);
      await demandSound(store);
    }));

  for (const direction of ['forwards', 'backwards'] as const) {
    it(`is noticed between two pages of a stream: ${direction} (Q69)`, () =>
      onStorage(freshStorage(), async (storage) => {
        const [store, other] = [await storage.open(), await storage.open()];
        await append(store, 'a', 1);
        await dump(storage);
        await append(store, 'a', 5);
        const stream = store.eventStore.readStream(counterStream('a'), { pageSize: 3, direction });
        const pages = stream[Symbol.asyncIterator]();
        expect((await pages.next()).value).to.have.length(3);
        await restore(storage);
        await append(other, 'a', 5);
        const caught: unknown = await pages.next().catch((fault: unknown) => fault);
        expect(isFault(caught, 'store-unavailable') && caught.retryable).to.equal(true);
      }));
  }

  it('is noticed between two pages of a read of all streams (Q66)', () =>
    onStorage(freshStorage(), async (storage) => {
      const [store, other] = [await storage.open(), await storage.open()];
      await append(store, 'a', 1);
      await dump(storage);
      await append(store, 'b', 5);
      const upTo = await store.eventStore.head();
      const pages = store.eventStore.readStreams?.({ upTo, pageSize: 3 })[Symbol.asyncIterator]();
      expect((await pages?.next())?.value).to.have.length(3);
      await restore(storage);
      await append(other, 'b', 5);
      const caught: unknown = await pages?.next().catch((fault: unknown) => fault);
      expect(isFault(caught, 'position-unknown')).to.equal(true);
    }));

  it('is noticed by commands: a lost state of the same revision accepts nothing (K14)', () =>
    onStorage(freshStorage(), async (storage) => {
      const [store, other] = [await storage.open(), await storage.open()];
      const [handler, others] = [store, other].map(
        ({ eventStore }) => new CommandHandler({ eventStore, decider: upTo, events: counterEvents }),
      );
      const count = (by: number): Command => ({ type: 'count', by });
      await dump(storage);
      await handler?.handle(counterStream('a'), count(1), { actor: 'tester' });
      await restore(storage);
      await others?.handle(counterStream('a'), count(5), { actor: 'tester' });
      const answer = await handler?.handle(counterStream('a'), count(5), { actor: 'tester' });
      expect(answer).to.deep.include({ outcome: 'rejected', rejection: { reason: 'too-many', counted: 5 } });
    }));
});

interface Command {
  readonly type: 'count';
  readonly by: number;
}

/** Counts up to six. */
const upTo: Decider<Command, CounterEvent, number, { readonly reason: 'too-many'; readonly counted: number }> = {
  initial: 0,
  evolve: (counted, { data }) => counted + ('by' in data ? data.by : 0),
  decide: ({ by }, counted) =>
    counted + by > 6 ? reject({ reason: 'too-many', counted }) : accept({ type: 'Counted', data: { by } }),
};

async function dump({ pool, schema }: Storage): Promise<void> {
  for (const table of TABLES)
    await pool.query(`CREATE TABLE "${schema}".dumped_${table} AS TABLE "${schema}".${table}`);
}

async function restore({ pool, schema }: Storage): Promise<void> {
  const statements = TABLES.map(
    (table) => `TRUNCATE "${schema}".${table};
      INSERT INTO "${schema}".${table} OVERRIDING SYSTEM VALUE TABLE "${schema}".dumped_${table};`,
  );
  await pool.query(`BEGIN; ${statements.join('\n')} COMMIT`);
}

async function append({ eventStore }: PostgresStore, name: string, count: number): Promise<void> {
  for (let left = count; left > 0; left--) await eventStore.append(appendTo(name));
}

async function demandContiguous({ eventStore }: PostgresStore): Promise<void> {
  const all = await allEvents(eventStore);
  expect(all.map(({ position }) => ordinalOf(position))).to.deep.equal(all.map((_, index) => BigInt(index + 1)));
  for (const name of ['a', 'b']) {
    const revisions = all.filter(({ streamId }) => streamId === counterStream(name)).map((event) => event.revision);
    expect(revisions).to.deep.equal(revisions.map((_, index) => revision(index)));
  }
}
