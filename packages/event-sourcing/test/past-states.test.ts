import {
  Deadline,
  type EventStore,
  isFault,
  openMemoryStore,
  type RecordedEvent,
  revision,
  type Revision,
  type StateAt,
  streamId,
} from '@login-policy/event-sourcing';
import { delegating, type NewEvent } from '@login-policy/event-sourcing/store';
import { StateReader, TimedEventStore } from '#insides';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { newEvent } from './events.js';
import { tally, tallyEvents, type TallyEvent } from './tally.js';

const stream = streamId('tally', 'a');
/** Waits as long as it takes. */
const PATIENT = new Deadline('a test');
const LONG = 3500;
const LOOKS = [1, 2, 99, 100, 101, 249, 250, 251, 499, 500, 501, 2000, 2001, 3249, 3250, 3251, 3499, 3500];
const raisedBy = (by: number): NewEvent => newEvent({ type: 'Raised', data: { by } });

/** A store with a tally of so many events, each of which raised it by as much. */
async function raised(by: number, { count = LONG, atOnce = 100 } = {}): Promise<EventStore> {
  const { eventStore } = openMemoryStore();
  for (let done = 0; done < count; done += atOnce) {
    const events = Array.from({ length: Math.min(atOnce, count - done) }, () => raisedBy(by));
    await eventStore.append({ streamId: stream, expected: 'any', events });
  }
  return eventStore;
}

/** A store that another takes the place of after so many reads, as a standby does. */
function replacedAfter(reads: number, before: EventStore, after: EventStore): EventStore {
  let left = reads;
  return delegating(before, { readStream: (id, options) => (left-- > 0 ? before : after).readStream(id, options) });
}

/** Looks at a tally, and counts the events that are read for them. */
function looking(
  store: EventStore,
  stored?: () => Promise<StateAt<number> | undefined>,
): { readonly states: StateReader<TallyEvent, number>; read: number } {
  const eventStore = delegating(store, {
    async *readStream(id, options) {
      for await (const page of store.readStream(id, options)) {
        looked.read += page.length;
        yield page;
      }
    },
  });
  const looked = { read: 0, states: new StateReader(new TimedEventStore(eventStore), tallyEvents, tally, stored) };
  return looked;
}

const upTo =
  (count: number) =>
  (event: Pick<RecordedEvent, 'revision'>): boolean =>
    event.revision < BigInt(count);

const lastOf = (count: number): Revision => revision(count - 1);

/** Demands that everywhere, found by a search or by its revision, a tally is what it became by so much an event. */
async function demandTallies(states: StateReader<TallyEvent, number>, { by = 1, length = LONG } = {}): Promise<void> {
  for (const count of [...LOOKS, LONG + 500]) {
    const events = Math.min(count, length);
    for (const then of [
      await states.upTo(stream, upTo(count), PATIENT),
      await states.atRevision(stream, lastOf(count), PATIENT),
    ])
      expect([then.state, then.revision], `after ${count}`).to.deep.equal([by * events, lastOf(events)]);
  }
  expect((await states.catchUp(stream, states.nothing, PATIENT)).state).to.equal(by * length);
}

describe('reading the past of a long stream', () => {
  it('finds what it was, by an event or by a revision, however its events were appended', async () => {
    for (const atOnce of [1, 100, LONG]) {
      const store = await raised(1, { atOnce });
      await demandTallies(looking(store).states);
    }
  });

  it('finds nothing before the first event or in an empty stream', async () => {
    const store = await raised(1);
    const { states } = looking(store);
    expect(await states.upTo(stream, upTo(0), PATIENT)).to.deep.equal(states.nothing);
    expect(await states.upTo(streamId('tally', 'empty'), upTo(7), PATIENT)).to.deep.equal(states.nothing);
  });

  it('reads no page after the first event that is not wanted', async () => {
    const looked = looking(await raised(1));
    await looked.states.upTo(stream, upTo(700), PATIENT);
    expect(looked.read).to.equal(1000);
  });

  it('decodes no event after the wanted ones, because this program may be unable to read it', async () => {
    const store = await raised(1, { count: 5 });
    const unreadable = newEvent({ type: 'Raised', data: { by: 'much' } });
    await store.append({ streamId: stream, expected: 'any', events: [unreadable] });
    const { states } = looking(store);
    expect(await states.upTo(stream, upTo(5), PATIENT)).to.deep.include({ state: 5, revision: lastOf(5) });
    expect(await states.atRevision(stream, lastOf(5), PATIENT)).to.deep.include({ state: 5, revision: lastOf(5) });
    const all: unknown = await states.catchUp(stream, states.nothing, PATIENT).catch((caught: unknown) => caught);
    expect(isFault(all, 'unreadable-event')).to.equal(true);
  });

  it('answers from one history, whichever of its reads finds the log replaced', async () => {
    const [before, shorter] = [await raised(1), await raised(2, { count: 300 })];
    for (const count of [200, 2000, LONG]) {
      for (const after of [shorter, openMemoryStore().eventStore]) {
        for (let reads = 0; reads < 3; reads++) {
          const { state } = await looking(replacedAfter(reads, before, after)).states.upTo(
            stream,
            upTo(count),
            PATIENT,
          );
          expect(state, `${reads} reads, then another`).to.be.oneOf([
            count,
            after === shorter ? 2 * Math.min(count, 300) : 0,
          ]);
        }
      }
    }
  });
});

describe('the latest state of a stream of which nothing is known', () => {
  const latest = (looked: ReturnType<typeof looking>): Promise<StateAt<number>> =>
    looked.states.catchUp(stream, looked.states.nothing, PATIENT);

  it('is folded from the stored state of a long stream, however old that is', async () => {
    const store = await raised(1);
    for (const [count, atMost] of [
      [LONG, 510],
      [3000, 1010],
      [501, 3510],
      // One in the first page would save nothing.
      [499, 3510],
    ] as const) {
      const stored = await looking(store).states.atRevision(stream, lastOf(count), PATIENT);
      const looked = looking(store, () => Promise.resolve(stored));
      expect(await latest(looked), `stored after ${count}`).to.deep.include({ state: LONG, revision: lastOf(LONG) });
      expect(looked.read, `stored after ${count}`).to.be.at.most(atMost);
      expect((await looked.states.beforeAppend(stream, PATIENT)).state).to.equal(LONG);
    }
  });

  it('is folded from its first event where the stored state is of another history, of later events, or missing', async () => {
    const store = await raised(1);
    const ofAnother = await looking(await raised(2)).states.atRevision(stream, lastOf(3000), PATIENT);
    const later = await looking(await raised(2, { count: LONG + 500 })).states.atRevision(
      stream,
      lastOf(4000),
      PATIENT,
    );
    for (const stored of [ofAnother, later, undefined])
      expect((await latest(looking(store, () => Promise.resolve(stored)))).state).to.equal(LONG);
  });

  it('takes no stored state of a short stream, or of a known one', async () => {
    const asked: string[] = [];
    const stored = (): Promise<undefined> => Promise.resolve(void asked.push('asked'));
    expect((await latest(looking(await raised(1, { count: 499 }), stored))).state).to.equal(499);
    const { states } = looking(await raised(1), stored);
    const known = await states.atRevision(stream, lastOf(3000), PATIENT);
    expect((await states.catchUp(stream, known, PATIENT)).state).to.equal(LONG);
    expect(asked).to.deep.equal([]);
  });
});
