import {
  instant,
  type Json,
  type Position,
  position,
  ProjectionRunner,
  revision,
  START,
  type StreamId,
} from '@login-policy/event-sourcing';
import { ordinalOf } from '@login-policy/event-sourcing/store';
import { counterTotals, rowUnder, type CounterRow } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { appendTo, counted, counterStream } from './sample.js';
import { demandSound } from './soundness.js';
import { onStorage, storages, type Storage } from './stores.js';
import { eventually } from './waiting.js';

const freshStorage = storages();

describe('an inline read model on PostgreSQL', () => {
  it('is updated by appends without a step of its own', () =>
    onStorage(freshStorage(), async (storage) => {
      const store = await storage.open({ models: [counterTotals] });
      await store.eventStore.append(appendTo('a'));
      const before = await stepsOf(storage);
      for (let count = 0; count < 5; count++) await store.eventStore.append(appendTo('a'));
      await Promise.all(['a', 'b', 'c'].map((name) => store.eventStore.append(appendTo(name))));
      expect(await stepsOf(storage)).to.deep.equal(before);
      await demandSound(store);
    }));

  it('has a shared row looked up before a new stream of it is begun', () =>
    onStorage(freshStorage(), async (storage) => {
      const shared = { ...counterTotals, key: (stream: StreamId) => stream.slice(0, 'Counter-a'.length) };
      const before = await storage.open({ models: [shared] });
      for (const name of ['a1', 'b1']) await before.eventStore.append(appendTo(name, 'no-stream'));
      const store = await storage.open({ models: [shared] });
      for (const name of ['a2', 'b2', 'b3']) await store.eventStore.append(appendTo(name, 'no-stream'));
      const model = await store.readModels.open(shared);
      expect((await rowUnder(model, counterStream('a')))?.total).to.equal(2);
      expect((await rowUnder(model, counterStream('b')))?.total).to.equal(3);
    }));

  it('may make the text of its rows on several lines', () =>
    onStorage(freshStorage(), async (storage) => {
      const { rows } = counterTotals;
      const text = (row: CounterRow): string => JSON.stringify(rows.encode(row), null, 2);
      const store = await storage.open({ models: [{ ...counterTotals, rows: { ...rows, text } }] });
      await Promise.all(['a', 'b', 'a'].map((name) => store.eventStore.append(appendTo(name))));
      const model = await store.readModels.open(counterTotals);
      expect((await rowUnder(model, counterStream('a')))?.total).to.equal(2);
      expect((await rowUnder(model, counterStream('b')))?.total).to.equal(1);
    }));

  it('stays at its checkpoint when a process without it writes, and continues from there', () =>
    onStorage(freshStorage(), async (storage) => {
      const [store, other] = [await storage.open({ models: [counterTotals] }), await storage.open()];
      for (let count = 0; count < 3; count++) await store.eventStore.append(appendTo('a'));
      for (let count = 0; count < 2; count++) await other.eventStore.append(appendTo('a'));
      const model = await store.readModels.open(counterTotals);
      const { checkpoint, head, rows } = await model.read([counterStream('a')]);
      expect([checkpoint, head].map(placeOf)).to.deep.equal([3n, 5n]);
      expect(rows.get(counterStream('a'))?.total).to.equal(3);
      await store.eventStore.append(appendTo('b'));
      expect(placeOf(await model.checkpoint())).to.equal(3n);
      await (await ProjectionRunner.open({ store, projection: counterTotals, follows: 'on-demand' })).catchUp();
      expect(placeOf(await model.checkpoint())).to.equal(6n);
      expect((await rowUnder(model, counterStream('a')))?.total).to.equal(5);
      await demandSound(store);
    }));

  for (const damage of [
    `UPDATE read_model_rows SET content = '7' WHERE key <> '\\xff'`,
    `UPDATE events SET data = '7' WHERE position = 2`,
  ]) {
    it(`stays at its checkpoint if an event before the head cannot be read: ${damage}`, () =>
      onStorage(freshStorage(), async (storage) => {
        const [store, other] = [await storage.open({ models: [counterTotals] }), await storage.open()];
        await store.eventStore.append(appendTo('a'));
        await other.eventStore.append(appendTo('a'));
        await storage.pool.query(`SET search_path = "${storage.schema}"; ${damage}; RESET search_path`);
        await store.eventStore.append(appendTo('a'));
        await store.eventStore.append(appendTo('b'));
        const model = await store.readModels.open(counterTotals);
        expect(placeOf(await model.checkpoint())).to.equal(1n);
        expect(placeOf(await store.eventStore.head())).to.equal(4n);
      }));
  }

  it('stays at its checkpoint if a row before the head cannot be encoded', () =>
    onStorage(freshStorage(), async (storage) => {
      const store = await storage.open({ models: [{ ...counterTotals, index: refuse }] });
      const other = await storage.open();
      await other.eventStore.append(appendTo('a'));
      await store.eventStore.append(appendTo('b'));
      const model = await store.readModels.open(counterTotals);
      expect([placeOf(await model.checkpoint()), placeOf(await store.eventStore.head())]).to.deep.equal([0n, 2n]);
    }));

  it('refuses an append whose row cannot be encoded, and no other of its transaction', () =>
    onStorage(freshStorage(), async (storage) => {
      const rows = { ...counterTotals.rows, encode: (row: CounterRow) => refuseOf(13, row) };
      const store = await storage.open({ models: [{ ...counterTotals, rows }] });
      for (const known of ['nothing', 'where the log ends']) {
        const appends = [1, 13, 2].map((by) =>
          store.eventStore.append({ ...appendTo(`${known} ${by}`), events: [counted(by)] }),
        );
        const [one, bad, other] = await Promise.allSettled(appends);
        expect([one?.status, other?.status]).to.deep.equal(['fulfilled', 'fulfilled']);
        expect(bad).to.have.property('reason').with.property('message').that.includes('no row is right');
      }
      const model = await store.readModels.open(counterTotals);
      expect((await rowUnder(model, counterStream('nothing 2')))?.total).to.equal(2);
      expect(placeOf(await model.checkpoint())).to.equal(4n);
    }));

  it('has its replaced rows deleted in small transactions, after the answer', () =>
    onStorage(freshStorage(), async (storage) => {
      const store = await storage.open();
      const model = await store.readModels.open(counterTotals);
      const row = { total: 1, countedAt: instant(0), revision: revision(0) };
      const rows = new Map(Array.from({ length: 12_000 }, (_, index) => [`row-${index}`, row]));
      await model.commit({ expected: undefined, checkpoint: position(1), rows });
      const copy = await model.beginRebuild();
      await copy.promote({ expected: undefined, checkpoint: position(1), rows: new Map([['new', row]]) });
      await eventually('the end of the rows that were replaced', async () => (await countOf(storage)) === '1,1');
    }));
});

function refuseOf(unlucky: number, row: CounterRow): Json {
  return row.total === unlucky ? refuse() : counterTotals.rows.encode(row);
}

function refuse(): never {
  throw new Error('no row is right');
}

async function stepsOf({ pool, schema }: Storage): Promise<readonly unknown[]> {
  const { rows } = await pool.query(`SELECT steps FROM "${schema}".read_models`);
  return rows;
}

async function countOf({ pool, schema }: Storage): Promise<string> {
  const { rows } = await pool.query<{ models: string; rows: string }>(
    `SELECT (SELECT count(*) FROM "${schema}".read_models) AS models, (SELECT count(*) FROM "${schema}".read_model_rows) AS rows`,
  );
  return [rows[0]?.models, rows[0]?.rows].join();
}

function placeOf(checkpoint: Position = START): bigint {
  return ordinalOf(checkpoint);
}
