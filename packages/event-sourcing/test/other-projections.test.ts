import { openMemoryStore, type Projection, type Store, streamId } from '@login-policy/event-sourcing';
import { delegating } from '@login-policy/event-sourcing/store';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { newEvent } from './events.js';
import { faultOf, followedStore, Followers, raise, valueOf } from './followed.js';
import { tallies, type TallyEvent } from './tally.js';

const [a, b] = [streamId('tally', 'a'), streamId('tally', 'b')];
const followers = new Followers();

afterEach(() => followers.close());

/** One row for all tallies. */
const allInOne: Projection<TallyEvent, number> = { ...tallies(), name: 'all-in-one', key: () => 'all' };

/** Each tally, and how it was after each even event of it. */
const withSnapshots: Projection<TallyEvent, number> = {
  ...tallies(),
  name: 'with-snapshots',
  snapshot: (row, { revision, streamId: id }) => (revision % 2n === 1n ? { key: `${revision}@${id}`, row } : undefined),
};

/** The same store, which can't read one stream after another. */
function withoutStreams(store: Store): Store {
  const { readStreams: _, ...eventStore } = delegating(store.eventStore, {});
  return { ...store, eventStore };
}

for (const [what, open] of [
  ['beside the events', openMemoryStore],
  ['somewhere else', followedStore],
  ['somewhere else, of a store that reads no stream after another', () => withoutStreams(followedStore())],
] as const) {
  describe(`rows of a read model ${what}`, () => {
    it('are shared by several streams if the projection says so', async () => {
      const store = open();
      const follower = await followers.open(store, { projection: allInOne });
      await raise(store, a, 1, 2);
      await raise(store, b, 4);
      const atLeast = await store.eventStore.head();
      for (const rebuild of [false, true]) {
        if (rebuild) await follower.rebuild();
        const { rows } = await follower.read(['all', a], { atLeast });
        expect([...rows]).to.deep.equal([['all', 7]]);
      }
    });

    it('have snapshots if the projection makes them', async () => {
      const store = open();
      const follower = await followers.open(store, { projection: withSnapshots });
      await raise(store, a, 1, 2, 4, 8, 16);
      for (const rebuild of [false, true]) {
        if (rebuild) await follower.rebuild();
        const atLeast = await store.eventStore.head();
        const found = await follower.read([a, `1@${a}`, `2@${a}`, `3@${a}`], { atLeast });
        expect([...found.rows]).to.deep.equal([
          [a, 31],
          [`1@${a}`, 3],
          [`3@${a}`, 15],
        ]);
      }
    });

    it('stay unreadable from an unreadable event on, without affecting other streams', async () => {
      const store = open();
      const follower = await followers.open(store);
      await raise(store, a, 1);
      const unreadable = newEvent({ type: 'Raised', data: { by: 'much' } });
      for (const events of [[unreadable], [newEvent({ type: 'Raised', data: { by: 1 } })]])
        await store.eventStore.append({ streamId: a, expected: 'any', events });
      const other = newEvent({ type: 'Sent', data: {} });
      await store.eventStore.append({ streamId: streamId('invoice', 'x'), expected: 'any', events: [other] });
      await raise(store, b, 5);
      const atLeast = await store.eventStore.head();
      for (const rebuild of [false, true]) {
        if (rebuild) await follower.rebuild();
        const { rows, unreadable: faults } = await follower.read([a, b, 'invoice-x'], { atLeast });
        expect([...rows]).to.deep.equal([[b, 5]]);
        expect([...faults.keys()]).to.deep.equal([a]);
        expect(faults.get(a)).to.deep.include({ code: 'unreadable-event' });
        expect(faults.get(a)?.facts).to.include({ revision: 1n, type: 'Raised' });
      }
    });

    it('are unchanged if a rebuild is given up', async () => {
      const store = open();
      const follower = await followers.open(store);
      await raise(store, a, 1);
      await follower.ready();
      const fault = await faultOf(follower.rebuild(AbortSignal.abort()));
      expect(fault).to.deep.include({ code: 'deadline-exceeded', facts: { doing: 'a rebuild of tallies.v1' } });
      expect(await valueOf(follower, a)).to.equal(1);
    });
  });
}
