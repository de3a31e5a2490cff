import {
  isFault,
  openMemoryStore,
  parseInstant,
  type Projection,
  ProjectionRunner,
  START,
  type Store,
  streamId,
} from '@login-policy/event-sourcing';
import { entriesBeside, memoryReadModelStore, type ReadModel } from '@login-policy/event-sourcing/store';
import { compareKeys, indexEntries } from '#insides';
import { steppingClock } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { careless } from './careless.js';
import { codeOf, faultOf, raise, toldRunner } from './followed.js';
import { tallies, type TallyEvent } from './tally.js';
import { watchedReadModels } from './watched-read-models.js';

const a = streamId('tally', 'a');

async function rowAt(model: ReadModel<number>, key: string): Promise<unknown> {
  const { rows, checkpoint } = await model.read([key]);
  return [rows.get(key), checkpoint];
}

/** Lets so many turns of the event loop go by: far less than a second, after which a waiter looks again anyway. */
async function turns(count: number): Promise<string> {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
  return 'not woken';
}

/** A store with a tally, and its rows. */
async function kept(
  projection: Projection<TallyEvent, number> = tallies(),
): Promise<{ readonly store: Store; readonly model: ReadModel<number> }> {
  const store = openMemoryStore();
  const model = await store.readModels.open(projection);
  await raise(store, a, 1, 2);
  return { store, model };
}

describe('rows in memory beside their events', () => {
  it('include events written right before the promotion', async () => {
    const { store, model } = await kept();
    const { readModels } = watchedReadModels(store.readModels, () => raise(store, a, 4));
    const { runner } = await toldRunner({ ...store, readModels });
    await runner.rebuild();
    expect(await rowAt(model, a)).to.deep.equal([7, await store.eventStore.head()]);
  });

  it('are rebuilt by a running program if they turn out to be of a lost history', async () => {
    const store = openMemoryStore();
    await raise(store, a, 1, 2);
    await (await toldRunner(store)).runner.catchUp();
    // At the head from the start, so that nothing is left to do in the background.
    const runner = await ProjectionRunner.open({ store, projection: tallies() });
    expect(runner.state.is).to.equal('following');
    const model = await store.readModels.open(tallies());
    const { store: other } = await kept();
    await raise(other, a, 4);
    const [expected, lost] = [await store.eventStore.head(), await other.eventStore.head()];
    await model.commit({ expected, checkpoint: lost, rows: new Map([[a, 7]]) });
    const answers: unknown[] = [];
    do
      answers.push(
        await runner.read([a]).then(
          ({ rows }) => rows.get(a),
          (fault: unknown) => isFault(fault) && fault.code,
        ),
      );
    while (answers.at(-1) === 'position-unknown' && answers.length < 10_000 && (await turns(1)));
    expect(answers.at(-1)).to.equal(3);
    await runner.close();
  });

  it('are not answered if they turn out to be of a lost history while a read waits for them', async () => {
    const [{ store }, { store: other }] = [await kept(), await kept()];
    await raise(other, a, 4);
    const lost = await other.eventStore.head();
    let looks = 0;
    const readModels: Store['readModels'] = {
      close: () => store.readModels.close(),
      async open(projection) {
        const model = await store.readModels.open(projection);
        const read = model.read.bind(model);
        model.read = async (keys, wait) => {
          const found = await read(keys, wait);
          return keys.includes('none') ? { ...found, checkpoint: looks++ === 0 ? START : lost } : found;
        };
        return model;
      },
    };
    const { runner } = await toldRunner({ ...store, readModels });
    expect(await codeOf(runner.read(['none']))).to.equal('position-unknown');
    await runner.close();
  });

  it('are replaced only by the rebuild that was begun last', async () => {
    const { store, model } = await kept();
    const [first, last] = [await model.beginRebuild(), await model.beginRebuild()];
    const change = { expected: undefined, checkpoint: await store.eventStore.head(), rows: new Map([[a, 9]]) };
    const superseded = await faultOf(first.promote(change));
    expect(superseded).to.deep.include({ code: 'rebuild-superseded', facts: { model: 'tallies.v1' } });
    expect(await rowAt(model, a)).to.deep.equal([3, change.checkpoint]);
    await last.promote(change);
    expect(await rowAt(model, a)).to.deep.equal([9, change.checkpoint]);
    expect(await faultOf(last.promote(change)), 'once').to.have.property('code', 'rebuild-superseded');
  });

  it('that stopped before an event stay there, and do not affect appends', async () => {
    const store = openMemoryStore();
    await raise(store, a, 13);
    const model = await store.readModels.open(tallies({ unlucky: 13 }));
    await raise(store, a, 1);
    await raise(store, streamId('tally', 'b'), 1);
    expect(await rowAt(model, a)).to.deep.equal([undefined, undefined]);
  });

  it('wake calls that wait for a change when a rebuild takes their place', async () => {
    const { store, model } = await kept();
    const copy = await model.beginRebuild();
    const woken = model.changed(new AbortController().signal).then(() => 'woken');
    await copy.promote({ expected: undefined, checkpoint: await store.eventStore.head(), rows: new Map() });
    expect(await Promise.race([woken, turns(20)])).to.equal('woken');
  });

  it('lag since their oldest unprocessed event, and never by a negative time', async () => {
    const projection = tallies();
    const store = openMemoryStore({ clock: steppingClock('2026-01-01T00:00:00.000Z', 1000) });
    await raise(store, a, ...Array.from({ length: 1001 }, () => 1));
    const readModels = memoryReadModelStore();
    const lagAt = async (iso: string) => {
      const { runner } = await toldRunner({ ...store, readModels, clock: () => parseInstant(iso) }, { projection });
      return runner.lag();
    };
    expect(await lagAt('2026-01-01T01:00:00.000Z')).to.deep.equal({ events: 1001, isAtLeast: false, seconds: 3600 });
    expect(await lagAt('2025-01-01T00:00:00.000Z')).to.have.property('seconds', 0);
  });

  it('name their store in the fault after the close', async () => {
    const { store, model } = await kept();
    await store.close();
    const facts = { store: 'the memory store' };
    expect(await faultOf(model.checkpoint())).to.deep.include({ code: 'store-closed', facts });
  });
});

describe('the index entries of a row', () => {
  const found = (index: Projection<TallyEvent, number>['index']): unknown =>
    indexEntries({ ...tallies(), ...(index !== undefined && { index }) }, 7);

  it('contain each value once, with the name of its index', () => {
    expect(found(() => ({ parity: 'odd', digits: ['7', '0', '7'], none: [] }))).to.deep.equal([
      ['parity', 'odd'],
      ['digits', '7'],
      ['digits', '0'],
    ]);
    expect(found(() => ({}))).to.deep.equal([]);
    expect(found(undefined)).to.deep.equal([]);
  });

  it('are compared correctly, few or many', () => {
    const entries = (from: number, to: number): (readonly [string, string])[] =>
      Array.from({ length: to - from }, (_, place) => ['digits', String(from + place)] as const);
    for (const many of [3, 30]) {
      expect(entriesBeside(entries(0, many), entries(1, many + 1))).to.deep.equal([['digits', '0']]);
      expect(entriesBeside(entries(0, many), entries(0, many))).to.deep.equal([]);
      expect(entriesBeside(entries(0, many), [])).to.deep.equal(entries(0, many));
      expect(entriesBeside([['other', '1']], entries(0, many))).to.deep.equal([['other', '1']]);
    }
  });

  it('sort by code points, and a prefix comes first', () => {
    const ordered = ['', '\u0000', 'a', 'a\u0000', 'aa', 'ab', 'b', '\uffff', '\u{10000}', '\u{10ffff}'];
    for (const [index, key] of ordered.entries()) {
      for (const [other, otherKey] of ordered.entries())
        expect(Math.sign(compareKeys(key, otherKey)), `${index}, ${other}`).to.equal(Math.sign(index - other));
    }
  });
});

describe('rows that a memory store returns', () => {
  it('are frozen, however they were found', async () => {
    const { name, version, filter, events } = tallies();
    const projection: Projection<TallyEvent, { readonly of: readonly number[] }> = {
      name,
      version,
      filter,
      events,
      rows: { encode: ({ of }) => ({ of }), decode: (stored) => careless<{ readonly of: readonly number[] }>(stored) },
      index: () => ({ all: 'yes' }),
      reduce: (row, { data }) => ({ of: [...(row?.of ?? []), data.by] }),
    };
    const ways: readonly ((model: ReadModel<{ readonly of: readonly number[] }>) => Promise<unknown>)[] = [
      async (model) => (await model.query({ index: 'all', value: 'yes' })).rows[0]?.row,
      async (model) => (await model.read([a])).rows.get(a),
    ];
    for (const found of ways) {
      const store = openMemoryStore();
      const model = await store.readModels.open(projection);
      await raise(store, a, 1, 2);
      const row = await found(model);
      expect(row).to.deep.equal({ of: [1, 2] });
      expect([Object.isFrozen(row), Object.isFrozen(Reflect.get(Object(row), 'of'))]).to.deep.equal([true, true]);
    }
  });
});
