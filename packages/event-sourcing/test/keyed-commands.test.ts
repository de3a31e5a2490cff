import {
  CommandHandler,
  type Decider,
  type EventStore,
  type FactSource,
  openMemoryStore,
  reject,
  streamId,
} from '@login-policy/event-sourcing';
import { delegating } from '@login-policy/event-sourcing/store';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { tally, tallyEvents, type TallyCommand, type TallyEvent, type TooLow } from './tally.js';
import { watched } from './watched-store.js';

const stream = streamId('tally', 'a');
const by = { actor: 'tester' };
const keyed = (idempotencyKey: string) => ({ ...by, idempotencyKey });
const raise = (amount: number): TallyCommand => ({ type: 'raise', by: amount });
const lower = (amount: number): TallyCommand => ({ type: 'lower', by: amount });

function handlerOn(eventStore: EventStore): CommandHandler<TallyCommand, TallyEvent, number, TooLow> {
  return new CommandHandler({ eventStore, decider: tally, events: tallyEvents });
}

describe('a command under an idempotency key', () => {
  it('costs one append, as without a key', async () => {
    const { store, asked } = watched(openMemoryStore().eventStore);
    const handler = handlerOn(store);
    await handler.handle(stream, raise(1), by);
    const before = { ...asked };
    for (let count = 1; count <= 10; count++) await handler.handle(stream, raise(1), keyed(`raise-${count}`));
    expect(asked).to.deep.equal({ ...before, appends: before.appends + 10 });
  });

  it('causes a look-up of the receipt; without a key, a refusal causes none', async () => {
    const { store, asked } = watched(openMemoryStore().eventStore);
    expect(await handlerOn(store).handle(stream, lower(3), by)).to.have.property('outcome', 'rejected');
    expect(asked.receipts).to.equal(0);
  });

  it('looks up its receipt before it is refused, because its first attempt may be the reason for the refusal', async () => {
    const { store, asked } = watched(openMemoryStore().eventStore);
    const handler = handlerOn(store);
    await handler.handle(stream, raise(3), by);
    const first = await handler.handle(stream, lower(3), keyed('lower'));
    const again = await handler.handle(stream, lower(3), keyed('lower'));
    expect(again).to.deep.equal({ ...first, events: [], isRepeated: true });
    expect(asked).to.deep.include({ appends: 2, receipts: 1 });
  });

  it('is replayed by another process instead of being run again', async () => {
    const { eventStore } = openMemoryStore();
    const [here, elsewhere] = [handlerOn(eventStore), handlerOn(eventStore)];
    await here.handle(stream, raise(1), by);
    const first = await elsewhere.handle(stream, raise(2), keyed('raise'));
    const again = await here.handle(stream, raise(2), keyed('raise'));
    expect(again).to.deep.equal({ ...first, events: [], isRepeated: true });
    expect(await here.handle(stream, raise(0), by)).to.have.property('state', 3);
  });

  it('is not accepted as repeated where its receipt is there but its event was lost, as by a partial restore', async () => {
    const [whole, restored] = [openMemoryStore().eventStore, openMemoryStore().eventStore];
    for (const eventStore of [whole, restored]) await handlerOn(eventStore).handle(stream, raise(1), by);
    await handlerOn(whole).handle(stream, raise(2), keyed('key'));
    const store = delegating(restored, { receipt: (id, key) => whole.receipt(id, key) });
    const repeated: unknown = await handlerOn(store)
      .handle(stream, lower(9), keyed('key'))
      .catch((caught: unknown) => caught);
    expect(repeated).to.include({ code: 'store-damaged' });
    expect(String(repeated)).to.include('its receipt "key" names revision 1, which it lacks');
  });

  it('is decided by what a restore left, although its receipt was looked up just before', async () => {
    const [before, restored] = [openMemoryStore().eventStore, openMemoryStore().eventStore];
    for (const eventStore of [before, restored]) await handlerOn(eventStore).handle(stream, raise(1), by);
    await handlerOn(before).handle(stream, lower(1), keyed('key'));
    let looks = 0;
    const receipt: EventStore['receipt'] = (id, key) => (looks++ === 0 ? before : restored).receipt(id, key);
    const handler = handlerOn(delegating(restored, { receipt }));
    expect(await handler.handle(stream, lower(9), keyed('key'))).to.deep.include({ outcome: 'rejected', state: 1 });
  });

  it('is accepted without a receipt where it changes nothing in a stream without events', async () => {
    const { eventStore } = openMemoryStore();
    const handler = handlerOn(eventStore);
    const first = await handler.handle(stream, raise(0), keyed('key'));
    expect(first).to.deep.include({ outcome: 'accepted', state: 0, revision: undefined, isRepeated: false });
    expect(await handler.handle(stream, raise(1), keyed('key'))).to.deep.include({ outcome: 'accepted', state: 1 });
  });

  it('is refused if the key was used for another command, also if only the append notices it', async () => {
    const { eventStore } = openMemoryStore();
    const [here, elsewhere] = [handlerOn(eventStore), handlerOn(eventStore)];
    await here.handle(stream, raise(1), by);
    await elsewhere.handle(stream, raise(2), keyed('key'));
    for (const command of [raise(3), lower(9), raise(0)]) {
      expect(await here.handle(stream, command, keyed('key'))).to.deep.include({
        outcome: 'rejected',
        rejection: { reason: 'idempotency-key-reused', idempotencyKey: 'key' },
      });
    }
  });
});

describe('a command that needs facts', () => {
  /** How much may be raised at most is asked outside. */
  const limited: Decider<TallyCommand, TallyEvent, number, TooLow, number> = {
    ...tally,
    decide: (command, state, { streamId: id, facts = 0 }) =>
      command.by > facts
        ? reject({ reason: 'too-low', at: facts })
        : tally.decide(command, state, { streamId: id, facts: undefined }),
  };

  it('looks them up once for all decisions, and not at all for a replay', async () => {
    const { eventStore } = openMemoryStore();
    const elsewhere = handlerOn(eventStore);
    let isFirst = true;
    const { store, asked } = watched(eventStore, async () => {
      if (isFirst) await elsewhere.handle(stream, raise(1), by);
      isFirst = false;
    });
    const questions: string[] = [];
    const facts: FactSource<TallyCommand, number> = {
      isNeededFor: ({ type }) => type === 'raise',
      lookUp: async (id, command) => 3 - questions.push(`${id} ${command.by}`),
    };
    const handler = new CommandHandler({ eventStore: store, decider: limited, events: tallyEvents, facts });
    expect(await handler.handle(stream, raise(2), keyed('raise'))).to.deep.include({ outcome: 'accepted', state: 3 });
    expect(asked.appends).to.equal(2);
    expect(await handler.handle(stream, raise(2), keyed('raise'))).to.deep.include({ state: 3, isRepeated: true });
    expect(questions).to.deep.equal([`${stream} 2`]);
    expect(await handler.dryRun(stream, raise(2))).to.deep.include({ outcome: 'rejected' });
    expect(questions).to.have.length(2);
  });
});
