import { type EventStore, openMemoryStore, START, type Store, streamId } from '@login-policy/event-sourcing';
import {
  delegating,
  followedStoreOn,
  MemoryBackend,
  memoryReadModelStore,
  ordinalOf,
  type ReadModelStore,
  type Transacted,
  type Transaction,
} from '@login-policy/event-sourcing/store';
import { Acknowledged } from '#insides';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf, faultOf, followedStore, Followers, raise, silent, until, valueOf } from './followed.js';
import { tallies } from './tally.js';
import { methodsOf } from './watched-read-models.js';

const [a, b] = [streamId('tally', 'a'), streamId('tally', 'b')];
const followers = new Followers();

afterEach(() => followers.close());

/** A store whose log can be replaced by another under open read models, as when a backup is put back. */
async function replaceable(): Promise<{
  readonly store: Store;
  readonly replaceBy: (raised: number) => Promise<void>;
}> {
  let sound = openMemoryStore();
  const store = followedStore(() => ({
    append: (append) => sound.eventStore.append(append),
    readStream: (id, options) => sound.eventStore.readStream(id, options),
    readAll: (options) => sound.eventStore.readAll(options),
    // Of the log there was when it began: it hears nothing of the replacement.
    subscribe: (options) => sound.eventStore.subscribe(options),
    async *readStreams(options) {
      yield* sound.eventStore.readStreams?.(options) ?? [];
    },
    receipt: (id, key) => sound.eventStore.receipt(id, key),
    head: () => sound.eventStore.head(),
    knows: (position) => sound.eventStore.knows(position),
  }));
  const replaceBy = async (raised: number): Promise<void> => {
    const replacement = openMemoryStore();
    for (let count = 0; count < raised; count++) await raise(replacement, b, 1);
    // At once, so that no rebuild ends before the first read.
    sound = replacement;
  };
  return { store, replaceBy };
}

describe('a read of followed rows', () => {
  it('shares no question that was sent before it began (Q49)', async () => {
    let [asked, answer] = [0, (): void => undefined];
    const isAnswered = new Promise<void>((resolve) => (answer = resolve));
    const store = followedStore((sound) => ({
      ...silent(),
      async head() {
        asked += 1;
        const head = await sound.head();
        // The answer to the first question is on its way for a while.
        if (asked === 1) await isAnswered;
        return head;
      },
    }));
    const follower = await followers.open(store, { maxAgeMs: 0 });
    const earlier = follower.read([a]);
    await until(() => asked === 1);
    await raise(store, a, 1);
    const later = codeOf(follower.read([a], { waitMs: 50 }));
    answer();
    expect((await earlier).rows.get(a)).to.equal(undefined);
    expect(await later, 'its rows are behind').to.equal('projection-behind');
  });

  it('takes no notification for a proof, however late it came (Q49)', async () => {
    const store = followedStore(() => ({
      head: () => new Promise(() => undefined),
      async *subscribe(options) {
        yield { kind: 'caught-up', position: START };
        await new Promise((resolve) => options?.signal?.addEventListener('abort', resolve));
      },
    }));
    const follower = await followers.open(store);
    await until(() => follower.state.is === 'following');
    expect(await codeOf(follower.read([a], { waitMs: 20 }))).to.equal('projection-behind');
  });

  for (const maxAgeMs of [0, 600_000]) {
    it(`takes no proof that came after its rows were looked up, at a greatest age of ${maxAgeMs} ms`, () =>
      takesNoLaterProof(maxAgeMs));
  }

  async function takesNoLaterProof(maxAgeMs: number): Promise<void> {
    const held = heldBack();
    const follower = await followers.open(held.store, { maxAgeMs });
    await raise(held.store, a, 1);
    held.holdNextRead();
    // Of rows that were never shown to be at the head.
    const earlier = follower.read([a]);
    await until(() => held.isHolding());
    held.letEventsCome();
    expect(await valueOf(follower, a)).to.equal(1);
    held.letReadThrough();
    expect((await earlier).rows.get(a)).to.equal(1);
  }

  for (const raised of [0, 2, 3, 5]) {
    it(`is refused at once when the log was replaced by one of ${raised} events, and answered once the rows are rebuilt (Q47)`, async () => {
      const { store, replaceBy } = await replaceable();
      await raise(store, a, 1, 1, 1);
      const follower = await followers.open(store, { maxAgeMs: 0 });
      expect(await valueOf(follower, a)).to.equal(3);
      const lost = await store.eventStore.head();
      await replaceBy(raised);
      const fault = await faultOf(follower.read([a], { waitMs: 600_000 }));
      expect(fault).to.deep.include({ code: 'position-unknown' });
      expect(await codeOf(follower.read([a], { atLeast: lost, waitMs: 600_000 }))).to.equal('position-unknown');
      await follower.rebuild();
      expect([await valueOf(follower, a), await valueOf(follower, b)]).to.deep.equal([undefined, raised || undefined]);
    });
  }

  it('sees what was acknowledged in its process, and does not wait for it once that is lost (Q64)', async () => {
    const acknowledged = new Acknowledged();
    const store = await slowlyFollowed(acknowledged);
    const follower = await followers.open(store);
    await follower.ready();
    for (let count = 1; count < 20; count++) {
      await raise(store, a, 1);
      expect(await valueOf(follower, a)).to.equal(count);
    }
    const { position } = acknowledged;
    acknowledged.forget(START);
    expect(acknowledged.position).to.equal(position);
    acknowledged.forget(position);
    expect(acknowledged.position).to.equal(START);
  });

  it('takes an event for known as of the begin of its append: a restore may come before the answer', async () => {
    class AnsweringLate extends MemoryBackend {
      override async transact<Result>(transaction: Transaction<Result>): Promise<Transacted<Result>> {
        const transacted = await super.transact(transaction);
        await sleep(20);
        return transacted;
      }
    }
    const backend = new AnsweringLate('answering late', { form: 'value' });
    const store = followedStoreOn(backend, memoryReadModelStore(), {});
    const begun = performance.now();
    await raise(store, a, 1);
    expect(store.eventStore.acknowledged?.at).to.be.within(begun, begun + 15);
    await store.close();
  });

  it('waits once for what was acknowledged and lost, where its rows are all of the log', async () => {
    const acknowledged = new Acknowledged();
    const store = await slowlyFollowed(acknowledged);
    await raise(store, a, 1);
    const follower = await followers.open(store);
    expect(await valueOf(follower, a)).to.equal(1);
    const other = openMemoryStore();
    await raise(other, a, 1, 1, 1);
    // Acknowledged by a server that was restored before a subscriber had the event.
    acknowledged.note(await other.eventStore.head(), performance.now());
    expect(await codeOf(follower.read([a], { waitMs: 20 }))).to.equal('projection-behind');
    expect(await valueOf(follower, a)).to.equal(1);
  });

  it('is also reported as behind by the state (Q45)', async () => {
    let isSilent = false;
    const store = followedStore((sound) => ({
      async *subscribe(options) {
        for await (const message of sound.subscribe(options)) if (!isSilent) yield message;
      },
    }));
    const follower = await followers.open(store, { maxAgeMs: 0 });
    await follower.ready();
    expect(follower.state.is).to.equal('following');
    isSilent = true;
    await raise(store, a, 1);
    expect(await codeOf(follower.read([a], { waitMs: 20 }))).to.equal('projection-behind');
    expect(follower.state.is).to.equal('catching-up');
  });
});

/** A store whose events come to subscribers late, and whose read model answers one read late. */
function heldBack(): {
  readonly store: Store;
  readonly letEventsCome: () => void;
  readonly holdNextRead: () => void;
  readonly isHolding: () => boolean;
  readonly letReadThrough: () => void;
} {
  let [letEventsCome, letReadThrough] = [(): void => undefined, (): void => undefined];
  const events = new Promise<void>((resolve) => (letEventsCome = resolve));
  const answer = new Promise<void>((resolve) => (letReadThrough = resolve));
  let holding: 'nothing' | 'next' | 'one' = 'nothing';
  const { readModels, ...store } = followedStore((sound) => ({
    async *subscribe(options) {
      await events;
      yield* sound.subscribe(options);
    },
  }));
  const open: ReadModelStore['open'] = async (projection) => {
    const model = await readModels.open(projection);
    const read: typeof model.read = async (keys, wait) => {
      const found = await model.read(keys, wait);
      if (holding !== 'next' || keys.length === 0) return found;
      holding = 'one';
      await answer;
      return found;
    };
    return { ...methodsOf(model), read };
  };
  return {
    store: { ...store, readModels: { open, close: () => readModels.close() } },
    letEventsCome: () => letEventsCome(),
    holdNextRead: () => (holding = 'next'),
    isHolding: () => holding === 'one',
    letReadThrough: () => letReadThrough(),
  };
}

/** A store that says what it acknowledged, and whose subscribers hear of it some turns later. */
async function slowlyFollowed(acknowledged: Acknowledged): Promise<Store> {
  const { eventStore: sound, ...store } = openMemoryStore();
  const append: EventStore['append'] = async (wanted) => {
    const recorded = await sound.append(wanted);
    acknowledged.note(recorded.at(-1)?.position, performance.now());
    return recorded;
  };
  const subscribe: EventStore['subscribe'] = async function* (options) {
    for await (const message of sound.subscribe(options)) {
      for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
      yield message;
    }
  };
  const eventStore = { ...delegating(sound, { append, subscribe }), acknowledged };
  return { ...store, eventStore, readModels: memoryReadModelStore(), readModelUpdates: 'followed' };
}

describe('a read model in memory', () => {
  it('refuses a step or a promotion that is based on an event not in its log', async () => {
    const store = openMemoryStore();
    await raise(store, a, 1);
    const head = await store.eventStore.head();
    const other = openMemoryStore();
    await raise(other, a, 1, 1);
    const lost = await other.eventStore.head();
    const { readModels }: { readonly readModels: ReadModelStore } = store;
    const model = await readModels.open(tallies());
    const step = { expected: undefined, checkpoint: lost, rows: new Map([[a, 2]]) };
    const fault = await faultOf(model.commit({ ...step, basedOn: [START, lost] }));
    expect(fault).to.deep.include({ code: 'position-unknown', facts: { position: lost, head } });
    const copy = await model.beginRebuild();
    expect(await codeOf(copy.promote({ ...step, basedOn: [lost] }))).to.equal('position-unknown');
    expect((await model.read([a])).rows.size).to.equal(0);
    expect(ordinalOf(head)).to.equal(1n);
  });

  it('is never read past the end of its log (Q47)', async () => {
    const store = openMemoryStore();
    await raise(store, a, 1);
    const other = openMemoryStore();
    await raise(other, a, 1, 1);
    const model = await store.readModels.open(tallies());
    await model.commit({ expected: undefined, checkpoint: await other.eventStore.head(), rows: new Map([[a, 2]]) });
    const follower = await followers.open(store);
    expect(await codeOf(follower.read([a], { waitMs: 600_000 }))).to.equal('position-unknown');
    await follower.rebuild();
    expect(await valueOf(follower, a)).to.equal(1);
  });
});
