import {
  monotonicIds,
  openMemoryStore,
  streamId,
  type EventStore,
  type RecordedEvent,
} from '@login-policy/event-sourcing';
import { delegating, StateReader, type NewEvent } from '@login-policy/event-sourcing/store';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { tally, tallyEvents, type TallyEvent } from './tally.js';

const stream = streamId('tally', 'a');
const LONG = 3500;
const LOOKS = [1, 2, 999, 1000, 1001, 1999, 2000, 2001, 2500, 3000, 3499, 3500];

/** A store with a tally of so many events, each of which raised it by as much. */
async function raised(by: number, count = LONG): Promise<EventStore> {
  const { eventStore } = openMemoryStore();
  const ids = monotonicIds();
  const metadata = { actor: 'tester', correlationId: 'test' };
  const event = (): NewEvent => ({ id: ids(), ...tallyEvents.encode({ type: 'Raised', data: { by } }), metadata });
  for (let done = 0; done < count; done += 100) {
    const events = Array.from({ length: Math.min(100, count - done) }, event);
    await eventStore.append({ streamId: stream, expected: 'any', events });
  }
  return eventStore;
}

/** Reads of it, counted, of a store that another can take the place of. */
function looking(first: EventStore): {
  readonly states: StateReader<TallyEvent, number>;
  read: number;
  store: EventStore;
} {
  const looked = { read: 0, store: first };
  const eventStore = delegating(first, {
    async *readStream(id, options) {
      for await (const page of looked.store.readStream(id, options)) {
        looked.read += page.length;
        yield page;
      }
    },
  });
  const { evolve, initial } = tally;
  return Object.assign(looked, { states: new StateReader(eventStore, { events: tallyEvents, initial, evolve }) });
}

const upTo =
  (count: number) =>
  ({ revision }: Pick<RecordedEvent, 'revision'>): boolean =>
    revision < BigInt(count);

describe('looking at the past of a long stream again', () => {
  it('finds what the first look found, wherever it looks', async () => {
    const { states } = looking(await raised(1));
    for (const count of [...LOOKS, ...LOOKS.toReversed()]) {
      const then = await states.upTo(stream, upTo(count));
      expect([then.state, then.revision]).to.deep.equal([count, BigInt(count) - 1n]);
    }
  });

  it('begins where a state was kept, and reads a page or two', async () => {
    const looked = looking(await raised(1));
    await looked.states.upTo(stream, upTo(LONG));
    const first = looked.read;
    expect(first).to.equal(LONG);
    await looked.states.upTo(stream, upTo(2500));
    expect(looked.read - first).to.be.at.most(1500);
  });

  it('believes nothing that was kept of a history which is no more', async () => {
    const looked = looking(await raised(1));
    await looked.states.upTo(stream, upTo(LONG));
    looked.store = await raised(2);
    for (const count of LOOKS) expect((await looked.states.upTo(stream, upTo(count))).state).to.equal(2 * count);
    looked.store = await raised(3, 1500);
    for (const count of [3000, 1500, 1000, 10])
      expect((await looked.states.upTo(stream, upTo(count))).state).to.equal(3 * Math.min(count, 1500));
  });

  it('keeps states in order, though an append is longer than a page', async () => {
    const { eventStore } = openMemoryStore();
    const ids = monotonicIds();
    const metadata = { actor: 'tester', correlationId: 'test' };
    const events = Array.from({ length: LONG }, () => ({
      id: ids(),
      ...tallyEvents.encode({ type: 'Raised', data: { by: 1 } }),
      metadata,
    }));
    await eventStore.append({ streamId: stream, expected: 'no-stream', events });
    const { states } = looking(eventStore);
    for (const count of [LONG, 2001, 2000, 1999, 999])
      expect((await states.upTo(stream, upTo(count))).state).to.equal(count);
  });
});
