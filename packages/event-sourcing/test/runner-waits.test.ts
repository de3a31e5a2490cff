import { Fault, openMemoryStore, type Store, streamId, yieldToLoop } from '@login-policy/event-sourcing';
import type { ReadModel, RowsAt } from '@login-policy/event-sourcing/store';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { codeOf, followedStore, Followers, raise, silent, until, valueOf } from './followed.js';
import { methodsOf } from './watched-read-models.js';

const a = streamId('tally', 'a');
const followers = new Followers();

afterEach(() => followers.close());

/** The same store, whose read models do something else beside what they do. */
function withModels(store: Store, beside: <Row>(model: ReadModel<Row>) => Partial<ReadModel<Row>>): Store {
  const { readModels } = store;
  return {
    ...store,
    readModels: {
      async open(projection) {
        const model = await readModels.open(projection);
        return { ...methodsOf(model), ...beside(model) };
      },
      close: () => readModels.close(),
    },
  };
}

describe('reads that wait for a read model', () => {
  it('leave no waiter behind when they end', async () => {
    const signals: AbortSignal[] = [];
    const store = withModels(followedStore(silent), (model) => ({
      changed(signal) {
        signals.push(signal);
        return model.changed(signal);
      },
    }));
    await raise(store, a, 1);
    const follower = await followers.open(store);
    const reads = [1, 2, 3].map((waitMs) => codeOf(follower.read([a], { waitMs })));
    expect(new Set(await Promise.all(reads))).to.deep.equal(new Set(['projection-behind']));
    expect(signals.map(({ aborted }) => aborted))
      .to.deep.equal(signals.map(() => true))
      .and.to.have.property('0');
  });
});

describe('a read that waits beside others', () => {
  it('continues if another one gives up', async () => {
    const store = followedStore();
    await raise(store, a, 1);
    let [waits, isLate, letGo]: [number, boolean, () => void] = [0, true, () => undefined];
    const gate = new Promise<void>((resolve) => (letGo = resolve));
    const late = withModels(store, (model) => ({
      async commit(change) {
        if (isLate) await gate;
        isLate = false;
        await model.commit(change);
      },
      changed(signal) {
        waits += 1;
        return model.changed(signal);
      },
    }));
    const follower = await followers.open(late);
    const control = new AbortController();
    const [patient, other] = [valueOf(follower, a), codeOf(follower.read([a], { signal: control.signal }))];
    await until(() => waits > 0);
    control.abort();
    expect(await other).to.equal('deadline-exceeded');
    letGo();
    expect(await patient).to.equal(1);
  });

  it('is not answered by a look that began before it', async () => {
    const inline = openMemoryStore();
    await raise(inline, a, 1);
    const one = await inline.eventStore.head();
    await raise(inline, a, 1);
    const two = await inline.eventStore.head();
    let at: Omit<RowsAt<unknown>, 'rows'> = { checkpoint: undefined, head: one };
    let [looks, reads, letGo]: [number, number, () => void] = [0, 0, () => undefined];
    const gate = new Promise<void>((resolve) => (letGo = resolve));
    const store = withModels(inline, () => ({
      async read(keys) {
        reads += keys.length;
        looks += keys.length === 0 ? 1 : 0;
        if (keys.length > 0 || looks !== 2) return { ...at, rows: new Map() };
        // The second event is written after the look, by a program that does not maintain these rows.
        at = { checkpoint: one, head: two };
        await gate;
        return { checkpoint: one, head: one, rows: new Map() };
      },
      checkpoint: () => new Promise(() => undefined),
    }));
    const follower = await followers.open(store);
    const earlier = follower.read([a]);
    await until(() => looks === 2);
    const later = codeOf(follower.read([a], { waitMs: 50 }));
    await until(() => reads === 2);
    await yieldToLoop();
    letGo();
    expect((await earlier).checkpoint).to.equal(one);
    expect(await later).to.equal('projection-behind');
  });

  it('is refused at once when it finds its rows behind after the close', async () => {
    const inline = openMemoryStore();
    await raise(inline, a, 1);
    const head = await inline.eventStore.head();
    let letGo = (): void => undefined;
    const gate = new Promise<void>((resolve) => (letGo = resolve));
    const store = withModels(inline, () => ({
      async read(keys) {
        if (keys.length > 0) await gate;
        return { checkpoint: undefined, head, rows: new Map() };
      },
      checkpoint: () => new Promise(() => undefined),
    }));
    const follower = await followers.open(store);
    const read = codeOf(follower.read([a], { waitMs: 600_000 }));
    await follower.close();
    letGo();
    const turns = async (): Promise<string> => {
      for (let turn = 0; turn < 50; turn++) await yieldToLoop();
      return 'still waiting';
    };
    expect(await Promise.race([read, turns()])).to.equal('store-closed');
  });

  for (const waitMs of [Infinity, 2 ** 40]) {
    it(`waits as long as it takes with a time to wait of ${waitMs} ms`, async () => {
      let letCome = (): void => undefined;
      const gate = new Promise<void>((resolve) => (letCome = resolve));
      const store = followedStore((sound) => ({
        async *subscribe(options) {
          await gate;
          yield* sound.subscribe(options);
        },
      }));
      await raise(store, a, 1);
      const follower = await followers.open(store, { maxAgeMs: 0 });
      const read = codeOf(follower.read([a], { waitMs }));
      for (const begun = performance.now(); performance.now() < begun + 10;) await yieldToLoop();
      letCome();
      expect(await read).to.equal('undefined');
    });
  }

  it('is rejected at once when the checkpoint can no longer be read', async () => {
    let isGone = false;
    const store = withModels(followedStore(silent), (model) => ({
      async checkpoint() {
        if (isGone) throw new Fault('store-closed', { store: 'the rows' });
        return model.checkpoint();
      },
      async changed(signal) {
        isGone = true;
        await yieldToLoop();
        if (signal.aborted) return model.changed(signal);
      },
    }));
    await raise(store, a, 1);
    const follower = await followers.open(store);
    expect(await codeOf(follower.read([a], { waitMs: 600_000 }))).to.equal('store-closed');
  });
});

describe('a read that begins to wait right after another gave up', () => {
  it('waits for a change, instead of reading the checkpoint again and again', async () => {
    let [looks, waits] = [0, 0];
    const store = withModels(followedStore(silent), (model) => ({
      checkpoint() {
        looks += 1;
        return model.checkpoint();
      },
      // As over a network: it takes a while until a wait that was given up is over.
      async changed(signal) {
        waits += 1;
        await model.changed(signal);
        for (let turn = 0; turn < 3; turn++) await yieldToLoop();
      },
    }));
    await raise(store, a, 1);
    const follower = await followers.open(store);
    const control = new AbortController();
    const first = codeOf(follower.read([a], { signal: control.signal }));
    await until(() => waits > 0);
    control.abort();
    expect(await first).to.equal('deadline-exceeded');
    looks = 0;
    expect(await codeOf(follower.read([a], { waitMs: 50 }))).to.equal('projection-behind');
    expect(looks).to.be.below(10);
  });
});

describe('a follower that is closed', () => {
  it('completes the running step first', async () => {
    let [isHeld, isEnded, letGo]: [boolean, boolean, () => void] = [false, false, () => undefined];
    const gate = new Promise<void>((resolve) => (letGo = resolve));
    const store = withModels(followedStore(), (model) => ({
      async commit(change) {
        isHeld = true;
        await gate;
        await model.commit(change);
        isEnded = true;
      },
    }));
    await raise(store, a, 1);
    const follower = await followers.open(store);
    await until(() => isHeld);
    const closed = follower.close().then(() => isEnded);
    expect(await codeOf(valueOf(follower, a))).to.equal('store-closed');
    letGo();
    expect(await closed).to.equal(true);
  });
});

describe('rows whose database is away again and again', () => {
  it('are read as soon as it is back, after the fifth outage as after the first (T66)', async () => {
    let [isAway, failures] = [false, 0];
    const lookUp = <Result>(work: () => Promise<Result>): Promise<Result> => {
      if (!isAway) return work();
      failures += 1;
      return Promise.reject(new Fault('store-unavailable', { store: 'the rows', problem: 'away' }));
    };
    const store = withModels(followedStore(), (model) => ({
      read: (keys, wait) => lookUp(() => model.read(keys, wait)),
      checkpoint: (wait) => lookUp(() => model.checkpoint(wait)),
      commit: (change, wait) => lookUp(() => model.commit(change, wait)),
    }));
    const follower = await followers.open(store, { maxAgeMs: 0 });
    const hasFailedOften = (): boolean => failures >= 4;
    for (let outage = 1; outage <= 5; outage++) {
      await until(() => follower.state.is === 'following');
      [isAway, failures] = [true, 0];
      await raise(store, a, 1);
      // Its pauses double with each failure. Those of earlier outages must not count, otherwise this takes minutes.
      await until(hasFailedOften);
      isAway = false;
      expect(await valueOf(follower, a), `outage ${outage}`).to.equal(outage);
    }
  });
});
