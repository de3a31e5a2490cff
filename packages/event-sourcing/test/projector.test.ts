import {
  CommandHandler,
  instant,
  openMemoryStore,
  streamId,
  type Projection,
  type Store,
  START,
} from '@login-policy/event-sourcing';
import { memoryReadModelStore, ProjectionStopped, Projector, placeIn } from '@login-policy/event-sourcing/store';
import { rowUnder } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { followedStore } from './followed.js';
import { tallies, tally, tallyEvents, type TallyEvent } from './tally.js';

const [a, b] = [streamId('tally', 'a'), streamId('tally', 'b')];
const by = { actor: 'tester' };

async function raise(store: Store, id: typeof a, ...amounts: readonly number[]): Promise<void> {
  const handler = new CommandHandler({ eventStore: store.eventStore, decider: tally, events: tallyEvents });
  for (const amount of amounts) await handler.handle(id, { type: 'raise', by: amount }, by);
}

function projectorOn(
  store: Store,
  projection: Projection<TallyEvent, number> = tallies(),
): Projector<TallyEvent, number> {
  return new Projector({ ...store, projection, pageSize: 2 });
}

const faultOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (fault: unknown) => fault,
  );

/** Waits for something that will be so, and fails the test by its own time-out if it never is. */
async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await new Promise(setImmediate);
}

describe('a projector', () => {
  it('catches up with all there is and remembers how far it is', async () => {
    const store = openMemoryStore();
    await raise(store, a, 1, 2, 3);
    await raise(store, b, 10);
    const projector = projectorOn(store);
    expect(placeIn(await projector.catchUp())).to.equal(4n);
    const model = await projector.readModel();
    expect([
      await rowUnder(model, a),
      await rowUnder(model, b),
      placeIn((await model.checkpoint()) ?? START),
    ]).to.deep.equal([6, 10, 4n]);
    await raise(store, a, 4);
    await projector.catchUp();
    expect(await rowUnder(model, a)).to.equal(10);
  });

  it('moves its checkpoint past events it does not want', async () => {
    const store = openMemoryStore();
    await raise(store, streamId('other', 'x'), 1, 2);
    const projector = projectorOn(store);
    await projector.catchUp();
    expect(placeIn((await (await projector.readModel()).checkpoint()) ?? START)).to.equal(2n);
  });

  it('follows until its signal fires', async () => {
    const store = openMemoryStore();
    await raise(store, a, 1);
    const projector = projectorOn(store);
    const ending = new AbortController();
    const following = projector.follow(ending.signal);
    const model = await projector.readModel();
    await until(async () => (await rowUnder(model, a)) === 1);
    await raise(store, a, 5);
    await until(async () => (await rowUnder(model, a)) === 6);
    ending.abort();
    await following;
  });

  it('stops before an event it can not reduce, says where, keeps all before it, and goes on when it can', async () => {
    const store = openMemoryStore();
    await raise(store, a, 1, 1, 11, 1);
    const stuck = projectorOn(store, tallies({ unlucky: 13 }));
    const fault = await faultOf(stuck.catchUp());
    expect(fault).to.be.instanceOf(ProjectionStopped);
    expect(fault).to.have.property('facts').that.includes({ streamId: a, revision: 2n, projection: 'tallies' });
    const model = await stuck.readModel();
    expect([await rowUnder(model, a), placeIn((await model.checkpoint()) ?? START)]).to.deep.equal([2, 2n]);
    expect(await faultOf(stuck.catchUp()), 'it stops there again').to.be.instanceOf(ProjectionStopped);
    await projectorOn(store).catchUp();
    expect(await rowUnder(model, a)).to.equal(14);
  });

  it('shares a read model with another: each event is reduced once', async () => {
    const store = openMemoryStore();
    const [one, other] = [projectorOn(store), projectorOn(store)];
    const ending = new AbortController();
    const following = [one.follow(ending.signal), other.follow(ending.signal)];
    for (let round = 0; round < 100; round++) await raise(store, round % 3 === 0 ? a : b, 1);
    const model = await one.readModel();
    await until(async () => placeIn((await model.checkpoint()) ?? START) === 100n);
    ending.abort();
    await Promise.all(following);
    expect([await rowUnder(model, a), await rowUnder(model, b)]).to.deep.equal([34, 66]);
  });

  it('rebuilds beside the live rows and puts the new ones in their place at once', async () => {
    const store = openMemoryStore();
    await raise(store, a, 1, 2, 3);
    const projector = projectorOn(store);
    await projector.catchUp();
    const model = await projector.readModel();
    await model.commit({
      expected: await model.checkpoint(),
      checkpoint: await store.eventStore.head(),
      rows: new Map([[a, 99]]),
    });
    await projector.rebuild();
    expect(await rowUnder(model, a)).to.equal(6);
    await raise(store, a, 4);
    await projector.catchUp();
    expect(await rowUnder(model, a)).to.equal(10);
  });

  it('claims of a rebuild no more than was reduced: what was written while it read is in its rows, too', async () => {
    let [asked, isRebuilding] = [0, false];
    const store = followedStore((sound) => ({
      async head() {
        // First it is asked how far to read; what is written before it is asked again was not among that.
        if (isRebuilding && ++asked === 2) await raise(store, a, 10);
        return sound.head();
      },
    }));
    await raise(store, a, 1);
    const projector = projectorOn(store);
    await projector.catchUp();
    isRebuilding = true;
    await projector.rebuild();
    const model = await projector.readModel();
    expect([await rowUnder(model, a), await model.checkpoint()]).to.deep.equal([11, await store.eventStore.head()]);
  });

  it('leaves the live rows when a rebuild fails', async () => {
    const store = openMemoryStore();
    await raise(store, a, 1, 2);
    await projectorOn(store).catchUp();
    const failing = projectorOn(store, tallies({ unlucky: 3 }));
    expect(await faultOf(failing.rebuild())).to.be.instanceOf(ProjectionStopped);
    expect(await rowUnder(await failing.readModel(), a)).to.equal(3);
  });

  it('tells its lag in events and in seconds', async () => {
    let now = instant(0);
    const { eventStore } = openMemoryStore({ clock: () => now });
    const store = { ...openMemoryStore(), eventStore, readModels: memoryReadModelStore() };
    await raise(store, a, 1);
    const projector = new Projector({ ...store, projection: tallies(), clock: () => now });
    await projector.catchUp();
    expect(await projector.lag()).to.deep.equal({ events: 0, isAtLeast: false, seconds: 0 });
    now = instant(60_000);
    await raise(store, a, 1, 1);
    now = instant(90_000);
    expect(await projector.lag()).to.deep.equal({ events: 2, isAtLeast: false, seconds: 30 });
  });
});
