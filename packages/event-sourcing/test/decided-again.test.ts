import {
  CommandHandler,
  type EventStore,
  Fault,
  isFault,
  openMemoryStore,
  revision,
  streamId,
} from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { tally, tallyEvents, type TallyCommand, type TallyEvent, type TooLow } from './tally.js';
import { counting, watched } from './watched-store.js';

const stream = streamId('tally', 'a');
const by = { actor: 'tester' };
const raise = (amount: number): TallyCommand => ({ type: 'raise', by: amount });
const lower = (amount: number): TallyCommand => ({ type: 'lower', by: amount });

function handlerOn(eventStore: EventStore): CommandHandler<TallyCommand, TallyEvent, number, TooLow> {
  return new CommandHandler({ eventStore, decider: tally, events: tallyEvents });
}

describe('a command that is decided again after a conflict', () => {
  it('reads only the events added since the first decision', async () => {
    const { eventStore } = openMemoryStore();
    const elsewhere = handlerOn(eventStore);
    for (let count = 0; count < 10; count++) await elsewhere.handle(stream, raise(1), by);
    const counted = counting(eventStore);
    const here = handlerOn(counted.store);
    await here.handle(stream, raise(1), by);
    await elsewhere.handle(stream, raise(1), by);
    counted.read = 0;
    expect(await here.handle(stream, raise(1), by)).to.have.property('state', 13);
    expect(counted.read, 'the last it knew, and the one behind it').to.equal(2);
  });

  it('keeps the events that it read, even if it is refused', async () => {
    const { eventStore } = openMemoryStore();
    for (let count = 0; count < 10; count++) await handlerOn(eventStore).handle(stream, raise(1), by);
    const counted = counting(eventStore);
    const here = handlerOn(counted.store);
    expect(await here.handle(stream, lower(11), by)).to.have.property('outcome', 'rejected');
    expect(counted.read).to.equal(10);
    expect(await here.handle(stream, lower(11), by)).to.have.property('outcome', 'rejected');
    expect(counted.read, 'the last one, to see that it is there').to.equal(11);
  });

  it('is decided up to 16 times by default', async () => {
    const { eventStore } = openMemoryStore();
    const { store, asked } = watched(eventStore, async ({ streamId: id, expected }) => {
      throw new Fault('revision-conflict', { streamId: id, expected, actual: revision(7) });
    });
    const fault: unknown = await handlerOn(store)
      .handle(stream, raise(1), by)
      .catch((caught: unknown) => caught);
    expect(isFault(fault, 'concurrent-change') && fault.facts.attempts).to.equal(16);
    expect(asked.appends).to.equal(16);
  });

  it('is decided again if its key is taken but no receipt exists yet', async () => {
    const { eventStore } = openMemoryStore();
    let isFirst = true;
    const { store, asked } = watched(eventStore, async ({ streamId: id }) => {
      if (isFirst) {
        isFirst = false;
        throw new Fault('receipt-exists', { streamId: id, key: 'key' });
      }
    });
    const handled = await handlerOn(store).handle(stream, raise(1), { ...by, idempotencyKey: 'key' });
    expect(handled).to.deep.include({ outcome: 'accepted', state: 1, isRepeated: false });
    expect(asked).to.deep.include({ appends: 2, receipts: 1 });
  });

  it('is decided by the stream and not by the cached state after an unknown failure', async () => {
    const { eventStore } = openMemoryStore();
    let fails = false;
    const { store, asked } = watched(eventStore, async (append) => {
      if (!fails) return;
      fails = false;
      await eventStore.append(append);
      throw new Error('the answer was lost');
    });
    const handler = handlerOn(store);
    await handler.handle(stream, raise(1), by);
    fails = true;
    await handler.handle(stream, raise(1), by).catch(() => undefined);
    expect(await handler.handle(stream, raise(1), by)).to.have.property('state', 3);
    expect(asked.appends, 'no append met a conflict').to.equal(3);
  });
});

describe('catching up before commands', () => {
  it('never runs two commands on a stream at once', async () => {
    const { store, asked } = watched(openMemoryStore().eventStore);
    const handler = handlerOn(store);
    const both = Array.from({ length: 16 }, async () => {
      await Promise.all([handler.handle(stream, raise(1), by), handler.dryRun(stream, lower(1))]);
    });
    await Promise.all(both);
    expect(await handler.handle(stream, raise(0), by)).to.have.property('state', 16);
    expect(asked.appends, 'no append met a conflict').to.equal(16);
  });
});

describe('the answer to a command', () => {
  it('has the position of the last written event; a replay has the original position', async () => {
    const { eventStore } = openMemoryStore();
    const handler = handlerOn(eventStore);
    const first = await handler.handle(stream, raise(1), { ...by, idempotencyKey: 'first' });
    const head = await eventStore.head();
    expect(first).to.include({ position: head, revision: 0n });
    await handler.handle(streamId('tally', 'b'), raise(1), by);
    await handler.handle(stream, raise(4), by);
    const again = await handler.handle(stream, raise(1), { ...by, idempotencyKey: 'first' });
    expect(again).to.include({ position: head, revision: 0n, state: 1, isRepeated: true });
    const other = await handler.handle(stream, raise(2), { ...by, idempotencyKey: 'first' });
    expect(other).to.deep.include({
      rejection: { reason: 'idempotency-key-reused', idempotencyKey: 'first' },
      state: 1,
      revision: 0n,
    });
  });
});
