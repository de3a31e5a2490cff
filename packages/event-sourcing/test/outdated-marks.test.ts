import {
  CommandHandler,
  Deadline,
  type EventCodec,
  Fault,
  type Projection,
  ProjectionRunner,
  type Store,
  streamId,
} from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { placeOf } from '#insides';
import { followedStore, Followers, raise } from './followed.js';
import { tallies, tally, tallyEvents, type TallyEvent } from './tally.js';

const a = streamId('tally', 'a');
const patient = new Deadline('a test');
const ANY = { index: '$unreadable', value: 'any' } as const;
const followers = new Followers();
type Follower = Awaited<ReturnType<Followers['open']>>;

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

/** Reads until the row can be read: a rebuild goes on in the background. */
async function readable(follower: Follower, stream = a): Promise<number | undefined> {
  for (;;) {
    const { rows, unreadable } = await follower.read([stream]);
    if (unreadable.size === 0) return rows.get(stream);
  }
}

describe('a placeholder of an older program that could not read the row', () => {
  it('starts a rebuild when a newer program opens the read model', async () => {
    const store = followedStore();
    await raise(store, a, 5);
    await lower(store, 2);
    await markedByOlder(store);
    const follower = await followers.open(store, { projection });
    expect(await readable(follower)).to.equal(3);
    expect((await follower.rows.keys(ANY, patient)).rows).to.deep.equal([]);
  });

  it('starts a rebuild when a newer program reads it', async () => {
    const store = followedStore();
    await raise(store, a, 5);
    const follower = await followers.open(store, { projection });
    await follower.ready();
    await lower(store, 2);
    const old = await ProjectionRunner.open({ store, projection: { ...projection, events: older } });
    await old.rebuild();
    expect((await old.read([a])).unreadable.size).to.equal(1);
    await old.close();
    expect(await readable(follower)).to.equal(3);
  });

  it('is listed and counted as unreadable until the rebuild is through', async () => {
    const store = followedStore();
    await raise(store, a, 5);
    await lower(store, 2);
    await markedByOlder(store);
    const runner = await ProjectionRunner.open({ store: withoutRebuilds(store), projection });
    expect((await runner.unreadable()).rows.map(({ key }) => key)).to.deep.equal([a]);
    expect((await runner.count(ANY)).rows).to.equal(1);
    expect([...(await runner.read([a])).unreadable.keys()]).to.deep.equal([a]);
    await runner.close();
  });

  it('starts a rebuild also if several streams share the row', async () => {
    const store = followedStore();
    await raise(store, a, 5);
    await lower(store, 2);
    const shared = { ...projection, key: () => a };
    const old = await followers.open(store, { projection: { ...shared, events: older } });
    await old.read([a], { atLeast: await store.eventStore.head() });
    await followers.close();
    expect(await readable(await followers.open(store, { projection: shared }))).to.equal(3);
  });

  it('is removed if the row does not exist', async () => {
    const store = followedStore();
    await raise(store, a, 5);
    await lower(store, 5);
    await markedByOlder(store);
    expect(await readable(await followers.open(store, { projection }))).to.equal(undefined);
  });

  it('stays for a program whose codec does not tell what it reads', async () => {
    const store = followedStore();
    await raise(store, a, 5);
    await lower(store, 2);
    await markedByOlder(store);
    const { encode, decode } = tallyEvents;
    const follower = await followers.open(store, { projection: { ...projection, events: { encode, decode } } });
    expect((await follower.read([a])).unreadable.get(a)).to.have.property('code', 'written-by-newer-program');
  });
});

/** The store, with a read model that refuses to be rebuilt. */
function withoutRebuilds(store: Store): Store {
  return {
    ...store,
    readModels: {
      close: () => store.readModels.close(),
      async open(definition) {
        const model = await store.readModels.open(definition);
        model.beginRebuild = () =>
          Promise.reject(new Fault('store-unavailable', { store: 'the rows', problem: 'away' }));
        return model;
      },
    },
  };
}
