import {
  isFault,
  openMemoryStore,
  revision,
  streamId,
  type EventStore,
  type RecordedEvent,
  type Revision,
} from '@login-policy/event-sourcing';
import { Deadline, type StateAt } from '@login-policy/event-sourcing/domain';
import { eventId } from '@login-policy/event-sourcing/values';
import { StateReader, type RememberedStates } from '#insides';
import { delegating, type NewEvent } from '@login-policy/event-sourcing/store';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { newEvent } from './events.js';
import { tally, tallyEvents, type TallyEvent } from './tally.js';

const stream = streamId('tally', 'a');
/** Waits as long as it takes. */
const PATIENT = new Deadline('a test');
const LONG = 3500;
const EVERY = 250;
const LOOKS = [1, 2, 99, 100, 101, 249, 250, 251, 499, 500, 501, 2000, 2001, 3249, 3250, 3251, 3499, 3500];
/** The first hundred, the last, at most one of each halving, and what is behind a snapshot. */
const AT_MOST = 100 + 1 + 4 + EVERY;

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

/** What a read model would remember of a tally. */
async function rememberedOf(store: EventStore): Promise<RememberedStates<number>> {
  const states: StateAt<number>[] = [];
  for await (const page of store.readStream(stream)) {
    for (const { id, position, revision: last, data } of page) {
      const state = (states.at(-1)?.state ?? 0) + Number(data['by']);
      states.push({ state, revision: last, position, eventId: id });
    }
  }
  return { every: EVERY, latest: async () => states.at(-1), after: async (_, last) => states[Number(last)] };
}

/** Looks at a tally, and counts the events that are read for them. */
function looking(
  store: EventStore,
  remembered?: RememberedStates<number>,
): { readonly states: StateReader<TallyEvent, number>; read: number } {
  const eventStore = delegating(store, {
    async *readStream(id, options) {
      for await (const page of store.readStream(id, options)) {
        looked.read += page.length;
        yield page;
      }
    },
  });
  const { evolve, initial } = tally;
  const fold = { events: tallyEvents, initial, evolve, ...(remembered !== undefined && { remembered }) };
  const looked = { read: 0, states: new StateReader(eventStore, fold) };
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
  it('finds the same state with and without snapshots', async () => {
    for (const atOnce of [1, 100, LONG]) {
      const store = await raised(1, { atOnce });
      await demandTallies(looking(store).states);
      await demandTallies(looking(store, await rememberedOf(store)).states);
    }
  });

  it('reads only the events after a snapshot', async () => {
    const store = await raised(1);
    const remembered = await rememberedOf(store);
    for (const count of LOOKS) {
      const [searched, direct] = [looking(store, remembered), looking(store, remembered)];
      await searched.states.upTo(stream, upTo(count), PATIENT);
      expect(searched.read, `searched ${count}`).to.be.at.most(AT_MOST);
      await direct.states.atRevision(stream, lastOf(count), PATIENT);
      expect(direct.read, `at ${count}`).to.be.at.most(EVERY);
    }
  });

  it('finds nothing before the first event or in an empty stream', async () => {
    const store = await raised(1);
    const { states } = looking(store, await rememberedOf(store));
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

  it('ignores events that are recorded meanwhile', async () => {
    const store = await raised(1);
    const remembered = await rememberedOf(store);
    const latest: typeof remembered.latest = async (id, deadline) => {
      await store.append({ streamId: stream, expected: 'any', events: [raisedBy(1)] });
      return remembered.latest(id, deadline);
    };
    const { states } = looking(store, { ...remembered, latest });
    expect(await states.upTo(stream, upTo(LONG), PATIENT)).to.deep.include({ state: LONG, revision: lastOf(LONG) });
  });

  it('answers from one history, whichever of its reads finds the log replaced', async () => {
    const [before, shorter] = [await raised(1), await raised(2, { count: 300 })];
    const remembered = await rememberedOf(before);
    for (const count of [200, 2000, LONG]) {
      for (const after of [shorter, openMemoryStore().eventStore]) {
        for (let reads = 0; reads < 8; reads++) {
          const { state } = await looking(replacedAfter(reads, before, after), remembered).states.upTo(
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

  it('uses an earlier snapshot if the nearest is missing', async () => {
    const store = await raised(1);
    const remembered = await rememberedOf(store);
    const after: typeof remembered.after = async (id, last, deadline) =>
      last >= 2500n ? undefined : remembered.after(id, last, deadline);
    const looked = looking(store, { ...remembered, after });
    await demandTallies(looked.states);
    looked.read = 0;
    await looked.states.upTo(stream, upTo(3240), PATIENT);
    expect(looked.read).to.be.below(LONG / 2);
  });

  const other = eventId('01ARZ3NDEKTSV4RRFFQ69G5FAV');
  const lying = async ({ after }: RememberedStates<number>, last: Revision): Promise<StateAt<number> | undefined> => {
    const then = await after(stream, last, PATIENT);
    return then && { ...then, state: 7, eventId: other };
  };
  for (const [what, after] of Object.entries<
    (of: RememberedStates<number>, last: Revision) => Promise<StateAt<number> | undefined>
  >({
    'ends with an event that the stream does not hold': lying,
    'is of another place': async (of) => of.after(stream, lastOf(LONG), PATIENT),
    'is that of no event': async () => ({ ...looking(openMemoryStore().eventStore).states.nothing, state: 7 }),
    'can not be read': async () => Promise.reject(new Error('garbage')),
  })) {
    it(`ignores a snapshot that ${what}`, async () => {
      const store = await raised(1);
      const remembered = await rememberedOf(store);
      const bent = (last: Revision): Promise<StateAt<number> | undefined> => after(remembered, last);
      await demandTallies(looking(store, { ...remembered, after: async (_, last) => bent(last) }).states);
      await demandTallies(
        looking(store, { ...remembered, after: async (_, last) => bent(last), latest: async () => bent(lastOf(LONG)) })
          .states,
      );
    });
  }

  it('ignores snapshots of a lost history', async () => {
    const remembered = await rememberedOf(await raised(1));
    await demandTallies(looking(await raised(2), remembered).states, { by: 2 });
    await demandTallies(looking(await raised(3, { count: 1500 }), remembered).states, { by: 3, length: 1500 });
  });
});
