import { Fault, type Store, streamId } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { codeOf, faultOf, followedStore, Followers, raise, silent, until, valueOf } from './followed.js';
import { tallies } from './tally.js';

const [a, b] = [streamId('tally', 'a'), streamId('tally', 'b')];
const followers = new Followers();
const forever = new Promise<never>(() => {});

afterEach(() => followers.close());

/** A store that can be cut off: asked for its head, it then never answers. */
function cuttable(): { readonly store: Store; readonly link: { isCut: boolean; asked: number } } {
  const link = { isCut: false, asked: 0 };
  const store = followedStore((sound) => ({
    head() {
      link.asked += 1;
      return link.isCut ? forever : sound.head();
    },
  }));
  return { store, link };
}

describe('reading a followed read model', () => {
  it('does not answer before the rows have reached the head as of the opening (K30)', async () => {
    const store = followedStore();
    await raise(store, a, ...Array.from({ length: 600 }, () => 1));
    const follower = await followers.open(store);
    expect(follower.state.is).to.equal('catching-up');
    expect(await valueOf(follower, a)).to.equal(600);
    expect(follower.state.is).to.equal('following');
  });

  it('rejects when the head is not reached in time, and never answers from older rows (K30)', async () => {
    const store = followedStore(silent);
    await raise(store, a, 1);
    const follower = await followers.open(store);
    const fault = await faultOf(follower.read([b], { waitMs: 20 }));
    expect(fault).to.have.property('code', 'projection-behind');
    expect(fault)
      .to.have.property('facts')
      .that.includes({ required: await store.eventStore.head(), reached: undefined, waitedMs: 20 });
  });

  it('rejects when the store does not report its head and the last proof is too old (K32)', async () => {
    const { store, link } = cuttable();
    const follower = await followers.open(store, { maxAgeMs: 0 });
    await raise(store, a, 1);
    expect(await valueOf(follower, a)).to.equal(1);
    link.isCut = true;
    expect(await codeOf(follower.read([a], { waitMs: 20 }))).to.equal('projection-behind');
    const unproven = await followers.open(store, { maxAgeMs: Infinity });
    expect(await codeOf(unproven.read([a], { waitMs: 20 }))).to.equal('projection-behind');
  });

  it('does not ask for the head while the last proof is young enough', async () => {
    const { store, link } = cuttable();
    await raise(store, a, 1);
    for (const age of [{ maxAgeMs: 600_000 }, {}]) {
      const follower = await followers.open(store, age);
      link.asked = 0;
      for (let read = 0; read < 20; read++) expect(await valueOf(follower, a)).to.equal(1);
      expect(link.asked).to.be.lessThan(3);
    }
  });

  it('asks for the head once for all concurrent reads', async () => {
    const { store, link } = cuttable();
    await raise(store, a, 1);
    const follower = await followers.open(store, { maxAgeMs: 0 });
    await follower.ready();
    link.asked = 0;
    await Promise.all(Array.from({ length: 20 }, () => valueOf(follower, a)));
    expect(link.asked).to.be.below(4);
  });

  it('asks again after a while, even if each read found the last proof young enough', async () => {
    const { store, link } = cuttable();
    await raise(store, a, 1);
    const follower = await followers.open(store, { maxAgeMs: 50 });
    expect(await valueOf(follower, a)).to.equal(1);
    link.isCut = true;
    await until(async () => (await codeOf(follower.read([a], { waitMs: 20 }))) === 'projection-behind');
  });

  it('asks again before the last proof is too old, so that no read waits for it', async () => {
    const { store, link } = cuttable();
    await raise(store, a, 1);
    const follower = await followers.open(store);
    expect(await valueOf(follower, a)).to.equal(1);
    const real = performance.now.bind(performance);
    let aheadMs = 6000;
    performance.now = () => real() + aheadMs;
    try {
      link.asked = 0;
      expect(await valueOf(follower, a), 'more than half of 10 s old').to.equal(1);
      await until(() => link.asked > 0);
      await until(async () => (await store.readModels.open(tallies())) !== undefined);
      link.isCut = true;
      aheadMs = 12_000;
      expect(await valueOf(follower, a), 'as young as when it was asked for').to.equal(1);
      aheadMs = 24_000;
      expect(await codeOf(follower.read([a], { waitMs: 20 }))).to.equal('projection-behind');
    } finally {
      performance.now = real;
    }
  });

  it('reports why the head is unknown: timed out, given up, or a permanent fault', async () => {
    const { store, link } = cuttable();
    const follower = await followers.open(store, { maxAgeMs: 0 });
    expect(await valueOf(follower, a)).to.equal(undefined);
    link.isCut = true;
    const late = await faultOf(follower.read([a], { waitMs: 20 }));
    expect(late).to.have.nested.property('cause.facts').that.deep.equals({ doing: 'a read of tallies' });
    const control = new AbortController();
    const givenUp = codeOf(follower.read([a], { waitMs: 600_000, signal: control.signal }));
    await new Promise(setImmediate);
    control.abort();
    expect(await givenUp).to.equal('deadline-exceeded');
    const closed = followedStore(() => ({
      head: () => Promise.reject(new Fault('store-closed', { store: 'the events' })),
    }));
    expect(await codeOf((await followers.open(closed)).read([a]))).to.equal('store-closed');
  });

  it('waits for the position that a writer was answered with', async () => {
    const store = followedStore();
    const follower = await followers.open(store);
    for (let round = 1; round <= 50; round++) {
      await raise(store, a, 1);
      const atLeast = await store.eventStore.head();
      const { rows, checkpoint } = await follower.read([a], { atLeast });
      expect([rows.get(a), checkpoint]).to.deep.equal([round, atLeast]);
    }
  });

  it('rejects new and waiting reads at once with the fault that stopped the runner (K8)', async () => {
    const store = followedStore();
    await raise(store, a, 13);
    const follower = await followers.open(store, { projection: tallies({ unlucky: 13 }) });
    expect(await codeOf(follower.read([a], { waitMs: 600_000 }))).to.equal('projection-stopped');
    expect(await codeOf(follower.read([a], { waitMs: 600_000 }))).to.equal('projection-stopped');
    expect(follower.state.is).to.equal('stopped');
  });

  it('resumes by itself once another runner has moved the rows past the failed event (K34)', async () => {
    const store = followedStore();
    await raise(store, a, 13, 1);
    const stuck = await followers.open(store, { projection: tallies({ unlucky: 13 }) });
    await until(() => stuck.state.is === 'stopped');
    const other = await followers.open(store);
    expect(await valueOf(other, a)).to.equal(14);
    expect(await valueOf(stuck, a)).to.equal(14);
    await raise(store, a, 1);
    expect((await stuck.read([a], { atLeast: await store.eventStore.head() })).rows.get(a)).to.equal(15);
  });

  it('ends a wait when the runner is closed or the signal fires', async () => {
    const store = followedStore(silent);
    await raise(store, a, 1);
    const follower = await followers.open(store);
    const control = new AbortController();
    const waiting = Array.from({ length: 20 }, () => codeOf(follower.read([a], { signal: control.signal })));
    const given = faultOf(follower.read([a], { signal: control.signal }));
    const others = [codeOf(follower.read([a], { waitMs: 600_000 })), codeOf(follower.ready({ waitMs: 600_000 }))];
    await new Promise(setImmediate);
    control.abort();
    expect(new Set(await Promise.all(waiting))).to.deep.equal(new Set(['deadline-exceeded']));
    expect(await given).to.have.deep.property('facts', { doing: 'a read of tallies' });
    await follower.close();
    expect(new Set(await Promise.all(others))).to.deep.equal(new Set(['store-closed']));
    const late = await faultOf(follower.read([a]));
    expect(late).to.deep.include({ code: 'store-closed', facts: { store: 'the read model tallies' } });
  });

  it('causes no leak warning when many reads wait on one signal (K35)', async () => {
    const store = followedStore(silent);
    await raise(store, a, 1);
    const follower = await followers.open(store);
    const warnings: Error[] = [];
    const hear = (warning: Error): number => warnings.push(warning);
    process.on('warning', hear);
    const control = new AbortController();
    const waiting = Array.from({ length: 50 }, () => codeOf(follower.read([a], { signal: control.signal })));
    await new Promise(setImmediate);
    control.abort();
    await Promise.all(waiting);
    await new Promise(setImmediate);
    process.off('warning', hear);
    expect(warnings).to.deep.equal([]);
  });
});

describe('following', () => {
  it('retries while the store is away, reports since when, and follows when it is back', async () => {
    let failures = 3;
    const store = followedStore((sound) => ({
      subscribe(options) {
        if (failures-- > 0) throw new Fault('store-unavailable', { store: 'the store', problem: 'away' });
        return sound.subscribe(options);
      },
    }));
    await raise(store, a, 1);
    const follower = await followers.open(store);
    await until(() => follower.state.is === 'retrying');
    expect(follower.state).to.have.property('since').that.is.instanceOf(Date);
    expect(await valueOf(follower, a)).to.equal(1);
    expect([follower.state.is, failures]).to.deep.equal(['following', -1]);
    await follower.close();
    expect(follower.state.is).to.equal('closed');
  });

  it('leaves nothing running if the read model cannot be opened, and opens it on the next call (K8)', async () => {
    let isAway = true;
    const sound = followedStore();
    const readModels = Object.assign(Object.create(sound.readModels), {
      open: (definition: Parameters<typeof sound.readModels.open>[0]) =>
        isAway
          ? Promise.reject(new Fault('store-unavailable', { store: 'the rows', problem: 'away' }))
          : sound.readModels.open(definition),
    });
    const store = { ...sound, readModels };
    expect(await codeOf(followers.open(store))).to.equal('store-unavailable');
    isAway = false;
    await raise(store, a, 1);
    expect(await valueOf(await followers.open(store), a)).to.equal(1);
  });

  it('is not disturbed by concurrent rebuilds, catching up, or other followers (K28)', async () => {
    const store = followedStore();
    const all = await Promise.all([1, 2, 3].map(() => followers.open(store)));
    for (let round = 1; round <= 60; round++) {
      await raise(store, streamId('tally', String(round)), 1);
      const beside = all[round % 3];
      if (round % 10 === 0) await Promise.all([beside?.rebuild().catch(() => undefined), beside?.catchUp()]);
    }
    const atLeast = await store.eventStore.head();
    for (const follower of all) {
      const { rows } = await follower.read(['tally-1', 'tally-60'], { atLeast });
      expect([...rows.values()]).to.deep.equal([1, 1]);
    }
  });
});
