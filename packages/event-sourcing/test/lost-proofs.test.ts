import {
  Deadline,
  Fault,
  openMemoryStore,
  type Position,
  type RecordedEvent,
  START,
  type Store,
  streamId,
} from '@login-policy/event-sourcing';
import { Acknowledged } from '#insides';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { newEvent } from './events.js';
import { codeOf, followedStore, Followers, raise, silent, toldRunner, until, valueOf } from './followed.js';

const [a, b] = [streamId('tally', 'a'), streamId('tally', 'b')];
const followers = new Followers();

const { now } = Date;

afterEach(async () => {
  Date.now = now;
  await followers.close();
});

describe('a read of followed rows whose history was lost', () => {
  it('takes no proof that was asked for before that was found', async () => {
    let [isLost, asked, told] = [false, 0, 0];
    let answer = (): void => undefined;
    const isAnswered = new Promise<void>((resolve) => (answer = resolve));
    const store = followedStore((sound) => ({
      async head() {
        const head = isLost ? START : await sound.head();
        if (++asked === 1) await isAnswered;
        return head;
      },
      knows: async (position) => position === START || !isLost,
      async *readAll(options) {
        if (isLost) throw new Fault('store-unavailable', { store: 'a store', problem: 'it is being restored' });
        yield* sound.readAll(options);
      },
      async *subscribe(options) {
        if (isLost && told++ > 0) await new Promise((resolve) => options?.signal?.addEventListener('abort', resolve));
        if (isLost) throw new Fault('position-unknown', { position: await sound.head(), head: START });
        for await (const message of sound.subscribe(options))
          yield message.kind === 'events' ? message : { kind: 'caught-up', position: message.position };
      },
    }));
    await raise(store, a, 1);
    const follower = await followers.open(store, { maxAgeMs: 600_000 });
    await until(() => follower.state.is === 'following');
    const earlier = valueOf(follower, a);
    await until(() => asked === 1);
    isLost = true;
    follower.resume();
    for (const state of ['stopped', 'catching-up']) await until(() => follower.state.is === state);
    answer();
    expect(await earlier).to.equal(1);
    expect(await codeOf(follower.read([a]))).to.equal('position-unknown');
  });

  it('takes no proof of earlier rows for the rows of a page that was read before the history was lost', async () => {
    let isHeld = true;
    const isFree = (): boolean => !isHeld;
    const store = followedStore((sound) => ({
      async *subscribe(options) {
        for await (const message of sound.subscribe(options)) {
          await until(isFree);
          if (message.kind === 'events') yield message;
        }
      },
      proveHead: async (checkpoint) => {
        const [askedAt, isInLog] = [performance.now(), checkpoint === START];
        return { askedAt, head: START, checkpoint, isInLog };
      },
    }));
    const follower = await followers.open(store, { maxAgeMs: 600_000 });
    await raise(store, a, 1);
    expect(await valueOf(follower, a)).to.equal(undefined);
    isHeld = false;
    await until(async () => (await follower.rows.checkpoint(new Deadline('a test'))) !== undefined);
    expect(await codeOf(follower.read([a]))).to.equal('position-unknown');
  });

  for (const of of ['another', 'its own']) {
    it(`is refused if a lost history took its rows further while it waited, to an event of ${of} process`, () =>
      refusesLostRows(of));
  }

  async function refusesLostRows(of: string): Promise<void> {
    const acknowledged = new Acknowledged();
    let [isHeld, hasWaited] = [false, false];
    const isFree = (): boolean => !isHeld;
    const places: Position[] = [];
    const store = followedStore((sound) => ({
      async *subscribe(options) {
        for await (const message of sound.subscribe(options)) {
          await until(isFree);
          yield message;
        }
      },
      proveHead: async (checkpoint) => {
        hasWaited = isHeld;
        const [head = START, lost] = places;
        return { askedAt: performance.now(), head, checkpoint, isInLog: checkpoint !== lost };
      },
      acknowledged,
    }));
    const follower = await followers.open(store, { maxAgeMs: 0 });
    await follower.ready();
    isHeld = true;
    const events = [1, 1].map((by) => newEvent({ type: 'Raised', data: { by } }));
    const recorded = await store.eventStore.append({ streamId: a, expected: 'any', events });
    places.push(...recorded.map(({ position }) => position));
    if (of === 'its own') acknowledged.note(places[1], performance.now());
    const reading = codeOf(follower.read([a]));
    await until(() => hasWaited);
    isHeld = false;
    expect(await reading).to.equal('position-unknown');
  }
});

/** A store whose log is replaced by another, of events of another stream. */
async function restoredStore(): Promise<{ readonly store: Store; readonly restore: () => Promise<void> }> {
  let sound = openMemoryStore();
  const store = followedStore(() => ({
    append: (append) => sound.eventStore.append(append),
    readStream: (id, options) => sound.eventStore.readStream(id, options),
    readAll: (options) => sound.eventStore.readAll(options),
    async *readStreams(options) {
      yield* sound.eventStore.readStreams?.(options) ?? [];
    },
    head: () => sound.eventStore.head(),
    knows: (position) => sound.eventStore.knows(position),
    subscribe: (options) => sound.eventStore.subscribe(options),
  }));
  const restore = async (): Promise<void> => {
    sound = openMemoryStore();
    await raise(store, b, 1, 1, 1, 1, 1);
  };
  return { store, restore };
}

describe('a rebuild during which a restored backup takes the last event away', () => {
  it('never gives rows without that event its position', async () => {
    let [reads, isLost, head]: [number, boolean, Position] = [0, false, START];
    const store = followedStore((sound) => ({
      async head() {
        if (reads === 1) await raise(openedStore(), b, 1);
        return (head = await sound.head());
      },
      knows: async (position) => !(isLost && position === head) && sound.knows(position),
      async *readAll(options) {
        isLost = ++reads > 1;
        const isKept = ({ position }: RecordedEvent): boolean => !isLost || position < head;
        for await (const page of sound.readAll(options)) yield page.filter(isKept);
      },
    }));
    const openedStore = (): Store => store;
    await raise(store, a, 1);
    const { runner, model } = await toldRunner(store);
    expect(await codeOf(runner.rebuild())).to.equal('position-unknown');
    expect(await model.checkpoint()).to.equal(undefined);
  });
});

describe('a follower whose rows were rebuilt before it notices that their history was lost', () => {
  it('goes on by itself, and refuses positions of the lost history that it had confirmed longer ago', async () => {
    const maxAgeMs = 20;
    const { store, restore } = await restoredStore();
    await raise(store, a, 1, 1);
    const second = await store.eventStore.head();
    await raise(store, a, 1);
    const follower = await followers.open(store, { maxAgeMs });
    expect((await follower.read([a], { atLeast: second })).rows.get(a)).to.equal(3);
    await restore();
    await follower.rebuild();
    const confirmedAt = performance.now();
    await until(() => performance.now() - confirmedAt > maxAgeMs);
    expect([await valueOf(follower, a), await valueOf(follower, b)]).to.deep.equal([undefined, 5]);
    expect(await codeOf(follower.read([b], { atLeast: second }))).to.equal('position-unknown');
  });
});

describe('a read of followed rows after the machine was suspended', () => {
  it('takes no proof from before, though the monotonic clock stood still', async () => {
    let isCut = false;
    const store = followedStore((sound) => ({ head: () => (isCut ? new Promise(() => undefined) : sound.head()) }));
    await raise(store, a, 1);
    const follower = await followers.open(store, { maxAgeMs: 600_000 });
    expect(await valueOf(follower, a)).to.equal(1);
    isCut = true;
    expect(await valueOf(follower, a)).to.equal(1);
    Date.now = () => now() + 3_600_000;
    expect(await codeOf(follower.read([a], { waitMs: 20 }))).to.equal('projection-behind');
  });

  it('shares no question that was sent before', async () => {
    let [asked, answer] = [0, (): void => undefined];
    const isAnswered = new Promise<void>((resolve) => (answer = resolve));
    const store = followedStore((sound) => ({
      ...silent(),
      async head() {
        const head = await sound.head();
        if (++asked === 1) await isAnswered;
        return head;
      },
    }));
    const follower = await followers.open(store, { maxAgeMs: 600_000 });
    const earlier = valueOf(follower, a);
    await until(() => asked === 1);
    await raise(store, a, 1);
    Date.now = () => now() + 3_600_000;
    const later = codeOf(follower.read([a], { waitMs: 50 }));
    answer();
    expect(await earlier).to.equal(undefined);
    expect(await later).to.equal('projection-behind');
  });
});
