import { CommandHandler, Deadline, openMemoryStore, type Store, streamId } from '@login-policy/event-sourcing';
import { StateReader, TimedEventStore } from '#insides';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { newEvent } from './events.js';
import { Followers, raise } from './followed.js';
import { evolveTally, tally, tallyEvents } from './tally.js';

const a = streamId('tally', 'a');
const followers = new Followers();

afterEach(() => followers.close());

/** Counts the turns of the event loop for as long as something lasts. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let [turns, isDone] = [0, false];
  const turn = (): void => {
    turns += 1;
    if (!isDone) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  isDone = true;
  return turns;
}

describe('work that never waits', () => {
  it('yields to the event loop between reads (K35)', async () => {
    const store = openMemoryStore();
    await raise(store, a, 1);
    const follower = await followers.open(store);
    const turns = await turnsDuring(async () => {
      for (let read = 0; read < 6400; read++) await follower.read([a]);
    });
    expect(turns).to.be.above(50);
  });

  it('yields to the event loop between commands that write nothing (L5)', async () => {
    const store = openMemoryStore();
    await raise(store, a, 1);
    const nothing = Array.from({ length: 3200 }, () => 0);
    expect(await turnsDuring(() => raiseAtOnce(store, nothing))).to.be.above(50);
  });

  it('yields to the event loop between the pages of a long stream', async () => {
    const { eventStore } = openMemoryStore();
    const events = Array.from({ length: 5000 }, () => newEvent({ type: 'Raised' }));
    await Promise.all(events.map((event) => eventStore.append({ streamId: a, expected: 'any', events: [event] })));
    const states = new StateReader(new TimedEventStore(eventStore), tallyEvents, { initial: 0, evolve: evolveTally });
    const turns = await turnsDuring(() => states.catchUp(a, states.nothing, new Deadline('a test')));
    expect(turns).to.be.at.least(9);
  });

  it('yields to the event loop between the pages of a long log (K30)', async () => {
    const { eventStore } = openMemoryStore();
    for (let round = 0; round < 1000; round++) await raise({ ...openMemoryStore(), eventStore }, a, 1);
    const turns = await turnsDuring(async () => {
      for await (const message of eventStore.subscribe({ pageSize: 10 })) if (message.kind === 'caught-up') break;
    });
    expect(turns).to.be.above(50);
  });
});

/** All through one handler, so that they wait for each other. */
async function raiseAtOnce(store: Store, amounts: readonly number[]): Promise<void> {
  const handler = new CommandHandler({ eventStore: store.eventStore, decider: tally, events: tallyEvents });
  await Promise.all(amounts.map((amount) => handler.handle(a, { type: 'raise', by: amount }, { actor: 'tester' })));
}
