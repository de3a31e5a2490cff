import {
  CommandHandler,
  openMemoryStore,
  revision,
  streamId,
  type EventStore,
  type RecordedEvent,
} from '@login-policy/event-sourcing';
import type { StateAt } from '@login-policy/event-sourcing/domain';
import { eventId, position } from '@login-policy/event-sourcing/values';
import type { RememberedStates } from '#insides';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { tally, tallyEvents, type TallyCommand, type TallyEvent, type TooLow } from './tally.js';
import { counting } from './watched-store.js';

type Remembered = RememberedStates<number>['latest'];

const stream = streamId('tally', 'a');
const by = { actor: 'tester' };
const raise: TallyCommand = { type: 'raise', by: 1 };
const lower = (amount: number): TallyCommand => ({ type: 'lower', by: amount });
const LONG = 1300;

function handlerOn(
  eventStore: EventStore,
  remembered?: Remembered,
): CommandHandler<TallyCommand, TallyEvent, number, TooLow> {
  return new CommandHandler({
    eventStore,
    decider: tally,
    events: tallyEvents,
    ...(remembered !== undefined && {
      remembered: { every: 1000, latest: remembered, after: async () => undefined },
    }),
  });
}

/** A store with a tally of so many events, each of which raised it by one. */
async function raised(count: number): Promise<{ store: EventStore; events: readonly RecordedEvent[] }> {
  const { eventStore } = openMemoryStore();
  const handler = handlerOn(eventStore);
  for (let done = 0; done < count; done++) await handler.handle(stream, raise, by);
  const events: RecordedEvent[] = [];
  for await (const page of eventStore.readStream(stream)) events.push(...page);
  return { store: eventStore, events };
}

function stateAt(event: RecordedEvent | undefined, state: number): StateAt<number> {
  if (event === undefined) throw new Error('there is no such event');
  return { state, revision: event.revision, position: event.position, eventId: event.id };
}

describe('a remembered state of a long stream', () => {
  it('lets a first command skip the events before it', async () => {
    const { store, events } = await raised(LONG);
    const counted = counting(store);
    const handler = handlerOn(counted.store, async () => stateAt(events.at(-3), LONG - 2));
    const refused = await handler.handle(stream, lower(LONG + 1), by);
    expect(refused).to.deep.include({ outcome: 'rejected', rejection: { reason: 'too-low', at: LONG } });
    expect(counted.read).to.be.below(LONG);
  });

  it('is not read for a short stream', async () => {
    const { store } = await raised(99);
    let asked = 0;
    const handler = handlerOn(store, async () => {
      asked += 1;
      return undefined;
    });
    expect(await handler.handle(stream, lower(99), by)).to.deep.include({ outcome: 'accepted', state: 0 });
    expect(asked).to.equal(0);
  });

  for (const [what, remembered] of Object.entries<(events: readonly RecordedEvent[]) => Remembered>({
    'ends with an event the stream does not hold': (events) => async () => ({
      ...stateAt(events.at(-1), 7),
      eventId: eventId('01ARZ3NDEKTSV4RRFFQ69G5FAV'),
    }),
    'is further than the stream': () => async () => ({
      state: 7,
      revision: revision(BigInt(LONG) + 5n),
      position: position(BigInt(LONG) + 6n),
      eventId: eventId('01ARZ3NDEKTSV4RRFFQ69G5FAV'),
    }),
    'is not there': () => async () => undefined,
    'can not be had': () => () => Promise.reject(new Error('the rows are away')),
  })) {
    it(`decides nothing when it ${what}`, async () => {
      const { store, events } = await raised(LONG);
      const handler = handlerOn(store, remembered(events));
      const refused = await handler.handle(stream, lower(LONG + 1), by);
      expect(refused).to.deep.include({ outcome: 'rejected', rejection: { reason: 'too-low', at: LONG } });
    });
  }
});
