import { eventId, openMemoryStore, type Position, type Store, streamId } from '@login-policy/event-sourcing';
import { delegating, ordinalOf, positionOf } from '@login-policy/event-sourcing/store';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { faultOf, followedStore, Followers, raise } from './followed.js';

const a = streamId('tally', 'a');
const followers = new Followers();

afterEach(() => followers.close());

/** A store that counts how often it is asked for a position. */
function asked({ eventStore, ...store }: Store): { readonly store: Store; count: number } {
  const knows = (position: Position): Promise<boolean> => {
    counted.count += 1;
    return eventStore.knows(position);
  };
  const counted = { count: 0, store: { ...store, eventStore: delegating(eventStore, { knows }) } };
  return counted;
}

describe('a position that a reader names', () => {
  it('is refused at once if another event is there, because it belongs to another history', async () => {
    const store = followedStore();
    await raise(store, a, 1);
    const follower = await followers.open(store);
    await follower.ready();
    const head = await store.eventStore.head();
    for (const other of ['00000000000000000000000000', '7ZZZZZZZZZZZZZZZZZZZZZZZZZ']) {
      const atLeast = positionOf(ordinalOf(head), eventId(other));
      const fault = await faultOf(follower.read([a], { atLeast, waitMs: 600_000 }));
      expect(fault).to.deep.include({ code: 'position-unknown', facts: { position: atLeast, head } });
    }
  });

  it('is refused if another event is there, even if the rows are past it', async () => {
    for (const open of [followedStore, openMemoryStore]) {
      const store = open();
      await raise(store, a, 1);
      const first = await store.eventStore.head();
      await raise(store, a, 1);
      const follower = await followers.open(store);
      await follower.ready();
      const head = await store.eventStore.head();
      const atLeast = positionOf(ordinalOf(first), eventId('7ZZZZZZZZZZZZZZZZZZZZZZZZZ'));
      const fault = await faultOf(follower.read([a], { atLeast }));
      expect(fault).to.deep.include({ code: 'position-unknown', facts: { position: atLeast, head } });
    }
  });

  for (const [what, open, times] of [
    ['once where rows are followed: after a restore nothing is read', followedStore, 1],
    ['each time where they are beside the events, which may be restored', openMemoryStore, 3],
  ] as const) {
    it(`is looked for ${what}`, async () => {
      const counted = asked(open());
      await raise(counted.store, a, 1);
      const first = await counted.store.eventStore.head();
      await raise(counted.store, a, 1);
      const follower = await followers.open(counted.store);
      for (const atLeast of [first, first, first]) await follower.read([a], { atLeast });
      expect(counted.count).to.equal(times);
    });
  }

  it('is not looked up if it is the head or before the first event', async () => {
    for (const open of [followedStore, openMemoryStore]) {
      const counted = asked(open());
      await raise(counted.store, a, 1);
      const follower = await followers.open(counted.store);
      await follower.read([a]);
      await follower.read([a], { atLeast: await counted.store.eventStore.head() });
      expect(counted.count).to.equal(0);
    }
  });
});
