import { CommandHandler, type EventStore, openMemoryStore, streamId } from '@login-policy/event-sourcing';
import { delegating } from '@login-policy/event-sourcing/store';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { tally, tallyEvents, type TallyCommand, type TallyEvent, type TooLow } from './tally.js';

const stream = streamId('tally', 'a');
const by = { actor: 'tester' };
const raise = (amount: number): TallyCommand => ({ type: 'raise', by: amount });
const lower = (amount: number): TallyCommand => ({ type: 'lower', by: amount });

function handlerOn(eventStore: EventStore): CommandHandler<TallyCommand, TallyEvent, number, TooLow> {
  return new CommandHandler({ eventStore, decider: tally, events: tallyEvents });
}

/** A store that another can take the place of, as a standby does. */
function replaceable(first: EventStore): { readonly store: EventStore; replaceBy(next: EventStore): void } {
  let current = first;
  return {
    store: {
      append: (append) => current.append(append),
      readStream: (id, options) => current.readStream(id, options),
      readAll: (options) => current.readAll(options),
      subscribe: (options) => current.subscribe(options),
      receipt: (id, key) => current.receipt(id, key),
      head: () => current.head(),
      knows: (position) => current.knows(position),
      close: () => current.close(),
    },
    replaceBy(next) {
      current = next;
    },
  };
}

describe('a cached state of a command handler', () => {
  for (const writtenAnew of [[], [8], [8, 16], [8, 16, 32]]) {
    it(`decides nothing if the store lost its events and others wrote ${writtenAnew.length} instead`, async () => {
      const { store, replaceBy } = replaceable(openMemoryStore().eventStore);
      const standby = openMemoryStore().eventStore;
      const handler = handlerOn(store);
      for (const amount of [1, 2, 4]) await handler.handle(stream, raise(amount), by);
      for (const amount of [1, ...writtenAnew]) await handlerOn(standby).handle(stream, raise(amount), by);
      const there = writtenAnew.reduce((sum, amount) => sum + amount, 1);
      replaceBy(standby);
      const refused = await handler.handle(stream, lower(there + 1), by);
      expect(refused).to.deep.include({ outcome: 'rejected', rejection: { reason: 'too-low', at: there } });
      expect(await handler.handle(stream, lower(there), by)).to.deep.include({ outcome: 'accepted', state: 0 });
    });
  }

  it('accepts nothing if the store has as many other events instead (K14)', async () => {
    const { store, replaceBy } = replaceable(openMemoryStore().eventStore);
    const standby = openMemoryStore().eventStore;
    const handler = handlerOn(store);
    for (const amount of [1, 2, 4]) await handler.handle(stream, raise(amount), by);
    for (const amount of [1, 1, 1]) await handlerOn(standby).handle(stream, raise(amount), by);
    replaceBy(standby);
    const answer = await handler.handle(stream, lower(5), by);
    expect(answer).to.deep.include({ outcome: 'rejected', rejection: { reason: 'too-low', at: 3 } });
  });

  it('is used by a dry run, without reading its events again', async () => {
    const { eventStore } = openMemoryStore();
    let read = 0;
    const counted = delegating(eventStore, {
      async *readStream(id, options) {
        for await (const page of eventStore.readStream(id, options)) {
          read += page.length;
          yield page;
        }
      },
    });
    const handler = handlerOn(counted);
    for (const amount of [1, 2, 4]) await handler.handle(stream, raise(amount), by);
    expect(await handler.dryRun(stream, lower(7))).to.deep.include({ outcome: 'accepted', state: 7 });
    expect(read, 'the last one, to see that it is there').to.equal(1);
  });

  it('decides nothing by an append that was lost before it was read', async () => {
    const { store, replaceBy } = replaceable(openMemoryStore().eventStore);
    const handler = handlerOn(store);
    await handler.handle(stream, raise(7), by);
    replaceBy(openMemoryStore().eventStore);
    expect(await handler.handle(stream, raise(1), by)).to.deep.include({ outcome: 'accepted', state: 1 });
  });
});
