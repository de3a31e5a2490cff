import { Fault, type Projection, type ProjectionRunner, streamId } from '@login-policy/event-sourcing';
import { ordinalOf, type ReadModelStore } from '@login-policy/event-sourcing/store';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { codeOf, faultOf, followedStore, Followers, raise, until, valueOf } from './followed.js';
import { evolveTally, tallies, type TallyEvent } from './tally.js';
import { methodsOf } from './watched-read-models.js';

const [a, b] = [streamId('tally', 'a'), streamId('tally', 'b')];
const followers = new Followers();
const away = new Fault('store-unavailable', { store: 'the store', problem: 'away' });

afterEach(() => followers.close());

/** A projection that can't reduce anything for as long as it is broken, and how often it tried. */
interface Mendable {
  readonly projection: Projection<TallyEvent, number>;
  isBroken: boolean;
  tried: number;
}

function mendable(): Mendable {
  const reduce: Projection<TallyEvent, number>['reduce'] = (row, event) => {
    mended.tried += 1;
    if (mended.isBroken) throw new Error('broken');
    return evolveTally(row ?? 0, event);
  };
  const mended = { projection: { ...tallies(), reduce }, isBroken: true, tried: 0 };
  return mended;
}

/** A follower that could not reduce the first event, and what broke it. */
async function stoppedFollower(): Promise<{ broken: Mendable; follower: ProjectionRunner<TallyEvent, number> }> {
  const store = followedStore();
  await raise(store, a, 1);
  const broken = mendable();
  const follower = await followers.open(store, broken);
  await until(() => follower.state.is === 'stopped');
  return { broken, follower };
}

describe('a follower that has stopped', () => {
  it('does not retry for each read', async () => {
    const { broken, follower } = await stoppedFollower();
    const before = broken.tried;
    for (let read = 0; read < 10; read++) expect(await codeOf(follower.read([a]))).to.equal('projection-stopped');
    expect(broken.tried).to.equal(before);
  });

  it('rejects at once, without asking a silent store', async () => {
    let isSilent = false;
    const store = followedStore((sound) => ({
      head: () => (isSilent ? new Promise(() => undefined) : sound.head()),
    }));
    await raise(store, a, 1);
    const follower = await followers.open(store, { ...mendable(), maxAgeMs: 0 });
    await until(() => follower.state.is === 'stopped');
    isSilent = true;
    expect(await codeOf(follower.read([a], { waitMs: 1 }))).to.equal('projection-stopped');
  });

  it('continues when it is resumed', async () => {
    const { broken, follower } = await stoppedFollower();
    broken.isBroken = false;
    follower.resume();
    await until(() => follower.state.is === 'following');
    expect(await valueOf(follower, a)).to.equal(1);
  });

  it('continues from the rows of a rebuild', async () => {
    const { broken, follower } = await stoppedFollower();
    expect(await codeOf(follower.rebuild())).to.equal('projection-stopped');
    broken.isBroken = false;
    expect(ordinalOf(await follower.rebuild())).to.equal(1n);
    await until(() => follower.state.is === 'following');
    expect(await valueOf(follower, a)).to.equal(1);
  });

  it('is then catching up until it reaches the head', async () => {
    let subscriptions = 0;
    const store = followedStore((sound) => ({
      async *subscribe(options) {
        if (subscriptions++ === 0) yield* sound.subscribe(options);
        else await new Promise((resolve) => options?.signal?.addEventListener('abort', resolve));
      },
    }));
    await raise(store, a, 1);
    const follower = await followers.open(store, mendable());
    await until(() => follower.state.is === 'stopped');
    follower.resume();
    await until(() => follower.state.is === 'catching-up');
  });
});

describe('a follower that is closed', () => {
  it('stays closed, even if it had stopped or its store fails meanwhile', async () => {
    const failing = followedStore(() => ({
      subscribe: (options) => ({
        [Symbol.asyncIterator]: () => ({
          next: () => new Promise((_, fail) => options?.signal?.addEventListener('abort', () => fail(away))),
        }),
      }),
    }));
    const stopped = followedStore();
    await raise(stopped, a, 1);
    const [one, other] = [await followers.open(failing), await followers.open(stopped, mendable())];
    await until(() => other.state.is === 'stopped');
    await Promise.all([one.close(), other.close()]);
    expect([one.state.is, other.state.is]).to.deep.equal(['closed', 'closed']);
  });
});

describe('a follower that is closed during work', () => {
  for (const [method, what] of [
    ['commit', 'gets to the head'],
    ['checkpoint', 'stops'],
  ] as const) {
    it(`stays closed, although it ${what}`, async () => {
      const store = followedStore();
      let close = (): void => undefined;
      const readModels = hooked(store.readModels, method, () => close());
      const broken = mendable();
      broken.isBroken = method === 'checkpoint';
      const follower = await followers.open({ ...store, readModels }, broken);
      await until(() => follower.state.is === 'following');
      const closed = new Promise<void>((resolve, fail) => {
        close = () => {
          if (method === 'commit' || broken.tried > 0) follower.close().then(resolve, fail);
        };
      });
      await raise(store, method === 'commit' ? streamId('other', 'x') : a, 1);
      await closed;
      expect(follower.state.is).to.equal('closed');
    });
  }
});

/** Read models that do something before each call of one method. */
function hooked(sound: ReadModelStore, method: 'commit' | 'checkpoint', act: () => void): ReadModelStore {
  return {
    close: () => sound.close(),
    async open(projection) {
      const model = await sound.open(projection);
      const before =
        <Args extends readonly unknown[], Answer>(name: typeof method, call: (...args: Args) => Answer) =>
        (...args: Args): Answer => {
          if (name === method) act();
          return call(...args);
        };
      return {
        ...methodsOf(model),
        checkpoint: before('checkpoint', () => model.checkpoint()),
        commit: before('commit', (change) => model.commit(change)),
      };
    },
  };
}

describe('a follower whose store is away', () => {
  it('reports the fault to waiting readers and since when the store is away; reads do not shorten its pauses', async () => {
    let attempts = 0;
    const store = followedStore(() => ({
      subscribe() {
        attempts += 1;
        throw away;
      },
    }));
    await raise(store, a, 1);
    const follower = await followers.open(store);
    await until(() => follower.state.is === 'retrying');
    const first = follower.state;
    for (let read = 0; read < 20; read++) {
      expect(await faultOf(follower.read([a], { waitMs: 1 }))).to.include({ code: 'projection-behind', cause: away });
    }
    expect(attempts).to.be.below(10);
    await until(() => attempts > 1);
    expect(follower.state).to.deep.equal(first);
  });
});

describe('the answers of a follower', () => {
  const projection = { ...tallies(), index: (row: number) => ({ parity: row % 2 === 0 ? 'even' : 'odd' }) };

  it('includes rows by their index, whole or their keys alone, as fresh as those by their key', async () => {
    const store = followedStore();
    await raise(store, a, 1);
    await raise(store, b, 2);
    const follower = await followers.open(store, { projection });
    const odd = { index: 'parity', value: 'odd' };
    expect((await follower.query(odd)).rows).to.deep.equal([{ key: a, row: 1 }]);
    await raise(store, b, 1);
    expect((await follower.keys(odd, { atLeast: await store.eventStore.head() })).rows).to.deep.equal([a, b]);
  });

  it('includes how far it is behind, and it goes there when it is asked to', async () => {
    const store = followedStore();
    const follower = await followers.open(store);
    await follower.ready();
    await raise(store, a, 1, 1);
    expect(await follower.lag()).to.include({ events: 2 });
    expect(ordinalOf(await follower.catchUp())).to.equal(2n);
    expect(await follower.lag()).to.include({ events: 0 });
  });
});
