import { CommandHandler, streamId, type EventCodec, type Projection, type Store } from '@login-policy/event-sourcing';
import { Deadline } from '@login-policy/event-sourcing/domain';
import { Fault } from '@login-policy/event-sourcing/values';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { placeOf } from '#insides';
import { newEvent } from './events.js';
import { followedStore, Followers, raise } from './followed.js';
import { tallies, tally, tallyEvents, type TallyEvent } from './tally.js';

const a = streamId('tally', 'a');
const patient = new Deadline('a test');
const followers = new Followers();

afterEach(() => followers.close());

/** The codec of a program that does not know yet that tallies are lowered. */
const older: EventCodec<TallyEvent> = {
  ...tallyEvents,
  reads: (type) => type === 'Raised',
  decode(event) {
    if (event.type === 'Raised') return tallyEvents.decode(event);
    throw new Fault('written-by-newer-program', { ...placeOf(event), problem: 'the type is not known here' });
  },
};

/** A tally of nothing has no row. */
const { reduce, ...rest } = tallies();
const projection: Projection<TallyEvent, number> = { ...rest, reduce: (row, event) => reduce(row, event) || undefined };

async function lower(store: Store, by: number, stream = a): Promise<void> {
  const handler = new CommandHandler({ eventStore: store.eventStore, decider: tally, events: tallyEvents });
  await handler.handle(stream, { type: 'lower', by }, { actor: 'tester' });
}

/** Lets the older program bring the rows to the head, in which it marks what it can't read. */
async function markedByOlder(store: Store, stream = a): Promise<void> {
  const follower = await followers.open(store, { projection: { ...projection, events: older } });
  const { unreadable } = await follower.read([stream], { atLeast: await store.eventStore.head() });
  expect([...unreadable.keys()]).to.deep.equal([stream]);
  await followers.close();
}

describe('a placeholder of an older program that could not read the row', () => {
  it('is replaced by the row folded again, up to the checkpoint of the other rows', async () => {
    let isRead = false;
    const store = followedStore((sound) => ({
      async *readStream(id, options) {
        const events = [newEvent({ type: 'Raised', data: { by: 100 } })];
        if (isRead) await sound.append({ streamId: a, expected: 'any', events });
        yield* sound.readStream(id, options);
      },
    }));
    await raise(store, a, 5);
    await lower(store, 2);
    await markedByOlder(store);
    const follower = await followers.open(store, { projection });
    await follower.ready();
    isRead = true;
    const { rows, unreadable } = await follower.read([a]);
    expect([rows.get(a), unreadable.size]).to.deep.equal([3, 0]);
  });

  it('is replaced in the store by a read and by a list', async () => {
    for (const ask of ['read', 'list'] as const) {
      const store = followedStore();
      await raise(store, a, 5);
      await lower(store, 2);
      await markedByOlder(store);
      const follower = await followers.open(store, { projection });
      expect((await follower.rows.keys({ index: '$unreadable', value: 'may-heal' }, patient)).rows).to.deep.equal([a]);
      if (ask === 'read') await follower.read([a]);
      else await follower.keys({ index: 'none', value: '' });
      expect((await follower.rows.keys({ index: '$unreadable', value: 'any' }, patient)).rows).to.deep.equal([]);
      expect([...(await follower.rows.read([a], patient)).rows]).to.deep.equal([[a, 3]]);
      await followers.close();
    }
  });

  it('stays if several streams share the row, because one stream is not the whole row', async () => {
    const store = followedStore();
    await raise(store, a, 5);
    await lower(store, 2);
    const shared = { ...projection, key: () => a };
    const old = await followers.open(store, { projection: { ...shared, events: older } });
    await old.read([a], { atLeast: await store.eventStore.head() });
    await followers.close();
    const { unreadable } = await (await followers.open(store, { projection: shared })).read([a]);
    expect([...unreadable.keys()]).to.deep.equal([a]);
  });

  for (const ask of ['query', 'keys', 'count'] as const)
    it(`is replaced in the first answer to a ${ask}, however many there are`, async () => {
      const store = followedStore();
      const streams = Array.from({ length: 2500 }, (_, index) => streamId('tally', `${index}`));
      await Promise.all(streams.map((stream) => raise(store, stream, 4)));
      await Promise.all(streams.map((stream) => lower(store, 1, stream)));
      await markedByOlder(store, streams[0]);
      const index = (): { readonly parity: string } => ({ parity: 'odd' });
      const follower = await followers.open(store, { projection: { ...projection, index } });
      const { rows } = await follower[ask]({ index: 'parity', value: 'odd', limit: 10_000 }, { waitMs: 600_000 });
      expect(typeof rows === 'number' ? rows : rows.length).to.equal(2500);
    });

  it('is counted once, although another reader replaces it before it is counted', async () => {
    let beforeCount = async (): Promise<unknown> => undefined;
    const { readModels, ...store } = followedStore();
    const watched: Store = {
      ...store,
      readModels: {
        close: () => readModels.close(),
        async open(definition) {
          const model = await readModels.open(definition);
          const count = model.count.bind(model);
          model.count = async (query, wait) => {
            await beforeCount();
            return count(query, wait);
          };
          return model;
        },
      },
    };
    await raise(watched, a, 5);
    await lower(watched, 2);
    await markedByOlder(watched);
    const [one, other] = [await followers.open(watched, { projection }), await followers.open(watched, { projection })];
    await one.ready();
    beforeCount = () => other.read([a]);
    expect((await one.count({ index: '$unreadable', value: 'any' })).rows).to.equal(0);
  });

  it('is removed if the row does not exist', async () => {
    const store = followedStore();
    await raise(store, a, 5);
    await lower(store, 5);
    await markedByOlder(store);
    const { rows, unreadable } = await (await followers.open(store, { projection })).read([a]);
    expect([rows.size, unreadable.size]).to.deep.equal([0, 0]);
  });

  it('is replaced by another if the row can not be kept, as after a rebuild', async () => {
    const store = followedStore();
    await raise(store, a, 5);
    await lower(store, 2);
    await markedByOlder(store);
    const unfit = { ...projection, index: () => ({ parity: '\ud800' }) };
    const follower = await followers.open(store, { projection: unfit });
    expect((await follower.count({ index: 'parity', value: '\ud800' })).rows).to.equal(0);
    expect((await follower.read([a])).unreadable.get(a)).to.have.property('code', 'unreadable-event');
    expect((await follower.rows.keys({ index: '$unreadable', value: 'may-heal' }, patient)).rows).to.deep.equal([]);
  });

  it('stays for a program whose codec does not tell what it reads', async () => {
    const store = followedStore();
    await raise(store, a, 5);
    await lower(store, 2);
    await markedByOlder(store);
    const { encode, decode } = tallyEvents;
    const { unreadable } = await (
      await followers.open(store, { projection: { ...projection, events: { encode, decode } } })
    ).read([a]);
    expect(unreadable.get(a)).to.have.property('code', 'written-by-newer-program');
  });
});
