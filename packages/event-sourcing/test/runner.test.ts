import {
  instant,
  openMemoryStore,
  type Projection,
  ProjectionRunner,
  START,
  type Store,
  streamId,
} from '@login-policy/event-sourcing';
import { memoryReadModelStore, ordinalOf } from '@login-policy/event-sourcing/store';
import { rowUnder } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { faultOf, followedStore, raise, toldRunner, until } from './followed.js';
import { tallies, type TallyEvent } from './tally.js';

const [a, b] = [streamId('tally', 'a'), streamId('tally', 'b')];
const runnerOn = (store: Store, projection?: Projection<TallyEvent, number>): ReturnType<typeof toldRunner> =>
  toldRunner(store, { pageSize: 2, ...(projection !== undefined && { projection }) });

describe('a runner', () => {
  it('catches up with all events and stores its checkpoint', async () => {
    const store = openMemoryStore();
    await raise(store, a, 1, 2, 3);
    await raise(store, b, 10);
    const { runner, model } = await runnerOn(store);
    expect(ordinalOf(await runner.catchUp())).to.equal(4n);
    expect([
      await rowUnder(model, a),
      await rowUnder(model, b),
      ordinalOf((await model.checkpoint()) ?? START),
    ]).to.deep.equal([6, 10, 4n]);
    await raise(store, a, 4);
    await runner.catchUp();
    expect(await rowUnder(model, a)).to.equal(10);
  });

  it('moves its checkpoint past events it does not want', async () => {
    const store = openMemoryStore();
    await raise(store, streamId('other', 'x'), 1, 2);
    const { runner, model } = await runnerOn(store);
    await runner.catchUp();
    expect(ordinalOf((await model.checkpoint()) ?? START)).to.equal(2n);
  });

  it('follows until it is closed', async () => {
    const store = followedStore();
    await raise(store, a, 1);
    const runner = await ProjectionRunner.open({ store, projection: tallies() });
    const model = await store.readModels.open(tallies());
    await until(async () => (await rowUnder(model, a)) === 1);
    await raise(store, a, 5);
    await until(async () => (await rowUnder(model, a)) === 6);
    await runner.close();
  });

  it('stops before an event that it cannot reduce, keeps all earlier ones, and resumes when it can', async () => {
    const store = openMemoryStore();
    await raise(store, a, 1, 1, 11, 1);
    const { runner: stuck, model } = await runnerOn(store, tallies({ unlucky: 13 }));
    const fault = await faultOf(stuck.catchUp());
    expect(fault).to.include({ code: 'projection-stopped' });
    expect(fault).to.have.property('facts').that.includes({ streamId: a, revision: 2n, projection: 'tallies' });
    expect([await rowUnder(model, a), ordinalOf((await model.checkpoint()) ?? START)]).to.deep.equal([2, 2n]);
    expect(await faultOf(stuck.catchUp()), 'it stops there again').to.include({ code: 'projection-stopped' });
    await (await runnerOn(store)).runner.catchUp();
    expect(await rowUnder(model, a)).to.equal(14);
  });

  it('shares a read model with another: each event is reduced once', async () => {
    const store = followedStore();
    const runners = await Promise.all([1, 2].map(() => ProjectionRunner.open({ store, projection: tallies() })));
    const model = await store.readModels.open(tallies());
    for (let round = 0; round < 100; round++) await raise(store, round % 3 === 0 ? a : b, 1);
    await until(async () => ordinalOf((await model.checkpoint()) ?? START) === 100n);
    expect(runners.map(({ state }) => state.is)).not.to.include('stopped');
    await Promise.all(runners.map((runner) => runner.close()));
    expect([await rowUnder(model, a), await rowUnder(model, b)]).to.deep.equal([34, 66]);
  });

  it('rebuilds beside the live rows and replaces them at once', async () => {
    const store = openMemoryStore();
    await raise(store, a, 1, 2, 3);
    const { runner, model } = await runnerOn(store);
    await runner.catchUp();
    await model.commit({
      expected: await model.checkpoint(),
      checkpoint: await store.eventStore.head(),
      rows: new Map([[a, 99]]),
    });
    await runner.rebuild();
    expect(await rowUnder(model, a)).to.equal(6);
    await raise(store, a, 4);
    await runner.catchUp();
    expect(await rowUnder(model, a)).to.equal(10);
  });

  it('includes events that were written during a rebuild', async () => {
    let [asked, isRebuilding] = [0, false];
    const store = followedStore((sound) => ({
      async head() {
        // First it is asked how far to read; what is written before it is asked again was not among that.
        if (isRebuilding && ++asked === 2) await raise(store, a, 10);
        return sound.head();
      },
    }));
    await raise(store, a, 1);
    const { runner, model } = await runnerOn(store);
    await runner.catchUp();
    isRebuilding = true;
    await runner.rebuild();
    expect([await rowUnder(model, a), await model.checkpoint()]).to.deep.equal([11, await store.eventStore.head()]);
  });

  it('keeps the live rows if a rebuild fails', async () => {
    const store = openMemoryStore();
    await raise(store, a, 1, 2);
    await (await runnerOn(store)).runner.catchUp();
    const { runner: failing, model } = await runnerOn(store, tallies({ unlucky: 3 }));
    expect(await faultOf(failing.rebuild())).to.include({ code: 'projection-stopped' });
    expect(await rowUnder(model, a)).to.equal(3);
  });

  it('reports its lag in events and seconds', async () => {
    let now = instant(0);
    const { eventStore } = openMemoryStore({ clock: () => now });
    const store = { ...openMemoryStore(), eventStore, readModels: memoryReadModelStore() };
    await raise(store, a, 1);
    const { runner } = await toldRunner({ ...store, clock: () => now, readModelUpdates: 'followed' });
    await runner.catchUp();
    expect(await runner.lag()).to.deep.equal({ events: 0, isAtLeast: false, seconds: 0 });
    now = instant(60_000);
    await raise(store, a, 1, 1);
    now = instant(90_000);
    expect(await runner.lag()).to.deep.equal({ events: 2, isAtLeast: false, seconds: 30 });
  });
});
