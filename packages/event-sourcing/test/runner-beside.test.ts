import {
  Deadline,
  eventId,
  Fault,
  openMemoryStore,
  type Position,
  type Store,
  streamId,
} from '@login-policy/event-sourcing';
import {
  delegating,
  MemoryBackend,
  ordinalOf,
  positionOf,
  storeOn,
  type Transacted,
  type Transaction,
} from '@login-policy/event-sourcing/store';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { codeOf, faultOf, followedStore, Followers, raise, until, valueOf } from './followed.js';
import { tallies } from './tally.js';

const a = streamId('tally', 'a');
const followers = new Followers();

afterEach(() => followers.close());

describe('reading an inline read model', () => {
  it('notices events that were written without it, and catches up first (K9)', async () => {
    const { store, other } = twoStores();
    const follower = await followers.open(store);
    await raise(other, a, 1);
    expect(await valueOf(follower, a)).to.equal(1);
    await raise(other, a, 1, 1);
    expect(await valueOf(follower, a)).to.equal(3);
  });

  it('catches up to the head once without being asked, and then does not follow', async () => {
    const { store, other } = twoStores(new UnsteadyBackend('an unsteady store'));
    await raise(other, a, 1);
    const follower = await followers.open(store);
    expect(follower.state.is).to.equal('catching-up');
    await until(() => follower.state.is === 'retrying');
    await until(() => follower.state.is === 'following');
    const reached = await store.eventStore.head();
    await raise(other, a, 1);
    for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
    expect(await follower.rows.checkpoint(new Deadline('a test'))).to.equal(reached);
    expect(await valueOf(follower, a)).to.equal(2);
    expect((await followers.open(store)).state.is, 'it is there already').to.equal('following');
  });

  it('catches up when it is resumed, even if nobody reads', async () => {
    const { store, other } = twoStores();
    const follower = await followers.open(store);
    await raise(other, a, 1);
    const [head, patient] = [await store.eventStore.head(), new Deadline('a test')];
    expect(await follower.rows.checkpoint(patient)).not.to.equal(head);
    follower.resume();
    await until(async () => (await follower.rows.checkpoint(patient)) === head);
  });

  it('refuses a position past its head, even if an event was written there since the rows were read', async () => {
    const sound = openMemoryStore();
    const store = { ...sound, eventStore: delegating(sound.eventStore, { knows: async () => true }) };
    const follower = await followers.open(store);
    await raise(store, a, 1);
    const atLeast = beyond(await store.eventStore.head());
    expect(await codeOf(follower.read([a], { atLeast }))).to.equal('position-unknown');
  });

  it('refuses a position past the end of the store at once (K10)', async () => {
    const store = openMemoryStore();
    const follower = await followers.open(store);
    await raise(store, a, 1);
    const fault = await faultOf(
      follower.read([a], { atLeast: beyond(await store.eventStore.head()), waitMs: 600_000 }),
    );
    expect(fault).to.have.property('code', 'position-unknown');
    const head = await store.eventStore.head();
    expect(fault)
      .to.have.property('facts')
      .that.deep.equals({ position: beyond(head), head });
  });

  it('can be closed while reads wait, without an unhandled rejection (K31)', async () => {
    const sound = openMemoryStore();
    const store = { ...sound, readModelUpdates: 'followed' as const };
    const follower = await followers.open(store);
    await raise(store, a, 1);
    const atLeast = beyond(await store.eventStore.head());
    const waiting = Array.from({ length: 10 }, () => codeOf(follower.read([a], { atLeast })));
    await new Promise(setImmediate);
    await store.close();
    expect(new Set(await Promise.all(waiting))).to.deep.equal(new Set(['store-closed']));
  });
});

describe('many waiting readers', () => {
  it('cause one read of the checkpoint per change (L3)', async () => {
    let looks = 0;
    const sound = followedStore();
    const model = await sound.readModels.open(tallies());
    const counted = Object.assign(Object.create(model), {
      ...bound(model),
      checkpoint: () => {
        looks += 1;
        return model.checkpoint();
      },
    });
    const store = { ...sound, readModels: { open: async () => counted, close: () => sound.readModels.close() } };
    const follower = await followers.open(store, { maxAgeMs: 600_000 });
    await raise(store, a, 1);
    const head = await store.eventStore.head();
    await follower.read([a], { atLeast: head });
    const waiting = Array.from({ length: 500 }, () => codeOf(follower.read([a], { atLeast: beyond(head) })));
    await new Promise(setImmediate);
    looks = 0;
    await raise(store, a, ...Array.from({ length: 20 }, () => 1));
    await follower.read([a], { atLeast: await store.eventStore.head() });
    expect(looks).to.be.lessThan(200);
    await follower.close();
    expect(new Set(await Promise.all(waiting))).to.deep.equal(new Set(['store-closed']));
  });
});

/** A position beyond the end. */
function beyond(head: Position): Position {
  return positionOf(ordinalOf(head) + 100n, eventId('01ARZ3NDEKTSV4RRFFQ69G5FAV'));
}

/** A store, and another program's that has no read models: its appends leave the rows behind. */
function twoStores(backend = new MemoryBackend('a memory store')): Record<'store' | 'other', Store> {
  const options = { most: { appends: 512, size: Infinity } };
  return { store: storeOn(backend, options), other: storeOn(backend, options) };
}

/** The first step of its rows fails. */
class UnsteadyBackend extends MemoryBackend {
  #failures = 1;

  override transact<Result>(transaction: Transaction<Result>): Promise<Transacted<Result>> {
    if (transaction.writes === 'rows' && this.#failures-- > 0)
      return Promise.reject(new Fault('store-unavailable', { store: this.name, problem: 'away' }));
    return super.transact(transaction);
  }
}

/** The private members of a class are only there on itself. */
function bound<Methods extends object>(of: Methods): Partial<Methods> {
  const names = ['read', 'query', 'commit', 'changed', 'beginRebuild'].map((name) => [name, Reflect.get(of, name)]);
  return Object.fromEntries(names.map(([name, method]) => [name, typeof method === 'function' ? method.bind(of) : 0]));
}
