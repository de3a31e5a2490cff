import {
  CommandHandler,
  openMemoryStore,
  ProjectionRunner,
  streamId,
  type Json,
  type Projection,
} from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { runInNewContext } from 'node:vm';
import { careless } from './careless.js';
import { faultOf, Followers, followedStore, raise } from './followed.js';
import { tallies, tally, tallyEvents, type TallyEvent } from './tally.js';

const [a, b] = [streamId('tally', 'a'), streamId('tally', 'b')];
const followers = new Followers();

afterEach(() => followers.close());

/** A row of 2 is encoded as this, every other row as it should be. */
const encodedAs = (encoded: unknown): Projection<TallyEvent, number> => ({
  ...tallies(),
  rows: { encode: (row) => (row === 2 ? careless<Json>(encoded) : row), decode: Number },
});

function cyclic(): object {
  const made: { self?: object } = {};
  made.self = made;
  return made;
}

const NOT_JSON = {
  'a bigint': { by: 2n },
  NaN: { by: [Number.NaN] },
  'an endless number': Infinity,
  'a cycle': cyclic(),
  undefined,
  'a function': () => 2,
  'a date': { at: new Date(0) },
  'a map': new Map([[1, 2]]),
  'an instance of a class': new (class Row {})(),
  'an object with its own JSON': { at: { toJSON: () => 2 } },
  'nothing in a list': [undefined],
  'a function in it': { by: () => 2 },
  'a promise': Promise.resolve(2),
  'a promise in it': { by: Promise.resolve(2) },
};

for (const [where, open] of [
  ['beside the events', openMemoryStore],
  ['somewhere else', followedStore],
] as const) {
  describe(`a careless projection, whose rows are ${where}`, () => {
    for (const [what, encoded] of Object.entries(NOT_JSON)) {
      it(`that encodes a row as ${what} makes only that row unreadable`, async () => {
        const store = open();
        const follower = await followers.open(store, { projection: encodedAs(encoded), maxAgeMs: 0 });
        await raise(store, a, 1, 1);
        await raise(store, b, 5);
        const { rows, unreadable } = await follower.read([a, b]);
        expect([...rows]).to.deep.equal([[b, 5]]);
        expect(unreadable.get(a)?.message).to.contain("can't be kept");
      });
    }

    it('that leaves a member undefined, or has a null prototype, is not careless', async () => {
      const store = open();
      const encoded = Object.assign(Object.create(null), { by: 2, at: undefined, all: [null, true, {}] });
      const follower = await followers.open(store, { projection: encodedAs(encoded), maxAgeMs: 0 });
      await raise(store, a, 1, 1);
      expect((await follower.read([a])).unreadable.size).to.equal(0);
    });

    it('that makes rows with what JSON leaves out reads the same rows as any other process', async () => {
      const store = open();
      type Row = { readonly by: number; readonly at?: undefined };
      const projection: Projection<TallyEvent, Row> = {
        ...tallies(),
        rows: { encode: careless<(row: Row) => Json>((row: Row) => row), decode: (stored) => careless<Row>(stored) },
        index: (row) => ({ members: Object.keys(row) }),
        reduce: (row) => ({ by: row === undefined ? -0 : Object.keys(row).length, at: undefined }),
        snapshot: (row, { streamId: id, revision }) => ({ key: `${id} ${revision}`, row }),
      };
      const runner = await ProjectionRunner.open({ store, projection, maxAgeMs: 0 });
      await raise(store, a, 1);
      const { rows } = await runner.read([a, `${a} 0`]);
      for (const row of rows.values()) expect(Object.entries(row)).to.satisfy(isZeroOnly);
      expect((await runner.count({ index: 'members', value: 'at' })).rows).to.equal(0);
      await raise(store, a, 1);
      expect((await runner.read([a])).rows.get(a)).to.deep.equal({ by: 1 });
      await runner.close();
    });

    it('that makes a snapshot of what JSON lacks has its placeholder instead', async () => {
      const projection: Projection<TallyEvent, number> = {
        ...tallies(),
        index: (row) => ({ size: Number.isFinite(row) ? 'small' : 'huge' }),
        snapshot: () => ({ key: 'snapshot', row: Infinity }),
      };
      const store = open();
      const follower = await followers.open(store, { projection, maxAgeMs: 0 });
      await raise(store, a, 1);
      const { rows, unreadable } = await follower.read([a, 'snapshot']);
      expect([...rows]).to.deep.equal([[a, 1]]);
      expect(unreadable.get('snapshot')?.message).to.contain("can't be kept");
      expect((await follower.keys({ index: 'size', value: 'huge' })).rows).to.deep.equal(['snapshot']);
    });

    it('that indexes by a promise makes its rows unreadable', async () => {
      const store = open();
      const index = careless<NonNullable<Projection<TallyEvent, number>['index']>>(() =>
        Promise.reject(new Error('later')),
      );
      const follower = await followers.open(store, { projection: { ...tallies(), index }, maxAgeMs: 0 });
      await raise(store, a, 1);
      const { unreadable } = await follower.read([a]);
      expect(unreadable.get(a)?.message).to.contain('index returned a promise');
    });

    it('can be opened only with a version that is a whole number', async () => {
      const store = open();
      for (const version of [Number.NaN, 0.5, -1, careless<number>('1')]) {
        const fault = await faultOf(followers.open(store, { projection: { ...tallies(), version } }));
        expect(fault, String(version)).to.be.instanceOf(RangeError);
      }
    });
  });
}

/** Whether these are the entries of `{ by: 0 }`, without a sign. */
const isZeroOnly = (entries: readonly (readonly [string, unknown])[]): boolean =>
  entries.length === 1 && Object.is(entries[0]?.[1], 0);

describe('a read model in memory that has no runner', () => {
  it('returns a row as a store of texts would', async () => {
    const store = openMemoryStore();
    const model = await store.readModels.open({ ...encodedAs(2), reduce: () => -0 });
    await raise(store, a, 1);
    expect((await model.read([a])).rows.get(a)).to.satisfy((row: unknown) => Object.is(row, 0));
  });

  it('refuses a row that a store of texts would refuse', async () => {
    const store = openMemoryStore();
    await store.readModels.open(encodedAs({ at: new Date(0) }));
    await raise(store, a, 1);
    expect(await faultOf(raise(store, a, 1))).to.include({ code: 'unserialisable-data' });
    await raise(store, b, 1);
  });
});

describe('a row in memory', () => {
  /** How often its text is made. */
  const textsOf = async (promised: { readonly isTextJson?: true }): Promise<number> => {
    let count = 0;
    const text = (row: number): string => {
      count += 1;
      return String(row);
    };
    const store = openMemoryStore();
    const rows = { encode: Number, decode: Number, text, ...promised };
    const runner = await followers.open(store, { projection: { ...tallies(), rows } });
    await raise(store, a, 1);
    await runner.rebuild();
    return count;
  };

  it('is checked by its text, unless the codec promises JSON', async () => {
    expect(await textsOf({})).to.equal(2);
    expect(await textsOf({ isTextJson: true })).to.equal(0);
  });
});

describe('a function that has to answer at once', () => {
  const later = (): Promise<never> => Promise.reject(new Error('later'));

  it('and reduces to a promise refuses the append', async () => {
    const store = openMemoryStore();
    await followers.open(store, { projection: { ...tallies(), reduce: careless(later) } });
    const fault = await faultOf(raise(store, a, 1));
    expect(fault).to.include({ code: 'projection-stopped' });
    expect(fault).to.have.nested.property('cause.message').that.contains('reduce returned a promise');
  });

  for (const member of ['covers', 'key', 'decode'] as const) {
    it(`and is ${member} of a projection with a promise refuses the append, without an unhandled rejection`, async () => {
      const store = openMemoryStore();
      const hook = { [member]: careless<never>(later) };
      const projection = { ...tallies(), ...(member === 'decode' ? { events: { ...tallyEvents, ...hook } } : hook) };
      await followers.open(store, { projection });
      expect(await faultOf(raise(store, a, 1))).to.be.instanceOf(Error);
      await new Promise(setImmediate);
    });
  }

  it('and takes a snapshot with a promise takes none', async () => {
    const store = openMemoryStore();
    const follower = await followers.open(store, { projection: { ...tallies(), snapshot: careless(later) } });
    await raise(store, a, 1);
    expect((await follower.read([a])).rows.get(a)).to.equal(1);
  });

  const foreign: () => unknown = runInNewContext('() => Promise.reject(new Error("later"))');
  for (const [member, promise, of] of [
    ['decide', later, 'here'],
    ['evolve', later, 'here'],
    ['decide', foreign, 'another realm'],
    ['evolve', foreign, 'another realm'],
  ] as const) {
    it(`and is ${member} with a promise of ${of} refuses the command`, async () => {
      const { eventStore } = openMemoryStore();
      await raise({ ...openMemoryStore(), eventStore }, a, 1);
      const decider = { ...tally, [member]: careless<never>(promise) };
      const handler = new CommandHandler({ eventStore, decider, events: tallyEvents });
      const fault = await faultOf(handler.handle(a, { type: 'raise', by: 1 }, { actor: 'tester' }));
      expect(fault).to.be.instanceOf(TypeError);
      expect(fault).to.have.property('message').that.contains(`${member} returned a promise`);
      let count = 0;
      for await (const page of eventStore.readStream(a)) count += page.length;
      expect(count).to.equal(1);
    });
  }
});
