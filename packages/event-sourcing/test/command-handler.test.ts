import {
  CommandHandler,
  type EventStore,
  Fault,
  type Handled,
  isFault,
  monotonicIds,
  openMemoryStore,
  revision,
  START,
  streamId,
} from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { tally, tallyEvents, type TallyCommand, type TallyEvent, type TooLow } from './tally.js';
import { watched } from './watched-store.js';

const stream = streamId('tally', 'a');
const by = { actor: 'tester' };
const raise = (amount: number): TallyCommand => ({ type: 'raise', by: amount });
const lower = (amount: number): TallyCommand => ({ type: 'lower', by: amount });

type Handler = CommandHandler<TallyCommand, TallyEvent, number, TooLow>;

function handlerOn(eventStore: EventStore, options: { attempts?: number; keptStates?: number } = {}): Handler {
  return new CommandHandler({ eventStore, decider: tally, events: tallyEvents, ...options });
}

function stateOf(handled: Handled<TallyEvent, number, TooLow>): number {
  expect(handled.outcome).to.equal('accepted');
  return handled.state;
}

const faultOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (fault: unknown) => fault,
  );

describe('the command handler', () => {
  it('returns the state after the command, its position, and the recorded events', async () => {
    const { eventStore } = openMemoryStore();
    const said = { ...by, correlationId: 'c', causationId: 'cause', idempotencyKey: 'key', reason: 'why' };
    const handled = await handlerOn(eventStore).handle(stream, raise(3), said);
    expect(handled).to.deep.include({ outcome: 'accepted', state: 3, revision: 0n, isRepeated: false });
    if (handled.outcome === 'rejected') throw new Error('unreachable');
    expect(handled.events[0]).to.deep.include({ type: 'Raised', data: { by: 3 } });
    expect(handled.events[0]?.metadata).to.include(said);
  });

  it('uses the id of the first event as the correlation id by default', async () => {
    const { eventStore } = openMemoryStore();
    const handled = await handlerOn(eventStore).handle(stream, raise(3), by);
    if (handled.outcome === 'rejected') throw new Error('unreachable');
    expect(handled.events[0]?.metadata).to.include({ ...by, correlationId: handled.events[0]?.id });
  });

  it('reads the stream once, and then decides from the cached state, however long the stream gets', async () => {
    const { store, asked } = watched(openMemoryStore().eventStore);
    const handler = handlerOn(store);
    for (let count = 1; count <= 50; count++)
      expect(stateOf(await handler.handle(stream, raise(1), by))).to.equal(count);
    expect(asked).to.deep.equal({ reads: 1, appends: 50, receipts: 0 });
  });

  it('folds the stream for every command if it may cache nothing', async () => {
    const { store, asked } = watched(openMemoryStore().eventStore);
    const handler = handlerOn(store, { keptStates: 0 });
    for (let count = 1; count <= 5; count++)
      expect(stateOf(await handler.handle(stream, raise(1), by))).to.equal(count);
    expect(asked.reads).to.equal(5);
  });

  it('evicts the least recently used state, and folds it again', async () => {
    const { store, asked } = watched(openMemoryStore().eventStore);
    const handler = handlerOn(store, { keptStates: 2 });
    const [a, b, c] = [streamId('tally', 'a'), streamId('tally', 'b'), streamId('tally', 'c')];
    for (const id of [a, b, a, c]) await handler.handle(id, raise(1), by);
    expect(asked.reads).to.equal(3);
    await handler.handle(a, raise(1), by);
    expect(asked.reads, 'a was used after b').to.equal(3);
    await handler.handle(b, raise(1), by);
    expect(asked.reads, 'b was forgotten').to.equal(4);
  });

  it('refuses only after reading the stream, because a cached state may be outdated', async () => {
    const { eventStore } = openMemoryStore();
    const [here, elsewhere] = [handlerOn(eventStore), handlerOn(eventStore)];
    await here.handle(stream, raise(1), by);
    await elsewhere.handle(stream, raise(9), by);
    expect(stateOf(await here.handle(stream, lower(10), by))).to.equal(0);
  });

  it('reports that nothing is to be done only after reading the stream', async () => {
    const { eventStore } = openMemoryStore();
    const [here, elsewhere] = [handlerOn(eventStore), handlerOn(eventStore)];
    await here.handle(stream, raise(1), by);
    await elsewhere.handle(stream, raise(9), by);
    expect(await here.handle(stream, raise(0), by)).to.deep.include({ state: 10, revision: 1n, events: [] });
  });

  it('decides again when another writer was first', async () => {
    const { eventStore } = openMemoryStore();
    const elsewhere = handlerOn(eventStore);
    let isFirst = true;
    const { store } = watched(eventStore, async () => {
      if (isFirst) await elsewhere.handle(stream, lower(5), by);
      isFirst = false;
    });
    await elsewhere.handle(stream, raise(5), by);
    const handled = await handlerOn(store).handle(stream, lower(5), by);
    expect(handled).to.deep.include({ outcome: 'rejected', rejection: { reason: 'too-low', at: 0 }, revision: 1n });
  });

  it('gives up with a retryable fault when other writers are always first', async () => {
    const { eventStore } = openMemoryStore();
    const { store, asked } = watched(eventStore, async ({ streamId: id, expected }) => {
      throw new Fault('revision-conflict', { streamId: id, expected, actual: revision(7) });
    });
    const fault = await faultOf(handlerOn(store, { attempts: 3 }).handle(stream, raise(1), by));
    expect(isFault(fault, 'concurrent-change')).to.equal(true);
    expect(fault).to.deep.include({ retryable: true, facts: { streamId: stream, attempts: 3 } });
    expect(asked.appends).to.equal(3);
  });

  it('runs 32 concurrent commands on one stream in one process without a conflict', async () => {
    const { store, asked } = watched(openMemoryStore().eventStore);
    const handler = handlerOn(store);
    const handled = await Promise.all(Array.from({ length: 32 }, () => handler.handle(stream, raise(1), by)));
    expect(handled.map(stateOf)).to.deep.equal(Array.from({ length: 32 }, (_, index) => index + 1));
    expect(asked.appends).to.equal(32);
  });

  it('loses no update between 32 separate handlers', async () => {
    const { eventStore } = openMemoryStore();
    await Promise.all(
      Array.from({ length: 32 }, () => handlerOn(eventStore, { attempts: 64 }).handle(stream, raise(1), by)),
    );
    expect(stateOf(await handlerOn(eventStore).handle(stream, raise(0), by))).to.equal(32);
  });

  it('discards the cached state when an append fails for an unknown reason', async () => {
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
    expect(await faultOf(handler.handle(stream, raise(1), by))).to.be.an('error');
    expect(stateOf(await handler.handle(stream, raise(1), by))).to.equal(3);
    expect(asked.reads).to.equal(2);
  });

  it('writes nothing if its signal has fired', async () => {
    const { eventStore } = openMemoryStore();
    const fault = await faultOf(handlerOn(eventStore).handle(stream, raise(1), { ...by, signal: AbortSignal.abort() }));
    expect(isFault(fault, 'deadline-exceeded')).to.equal(true);
    expect(await eventStore.head()).to.equal(START);
  });

  it('passes its signal to the append, so that it writes nothing even if the signal fires just before', async () => {
    const { eventStore } = openMemoryStore();
    const control = new AbortController();
    const { store } = watched(eventStore, async () => control.abort());
    const fault = await faultOf(handlerOn(store).handle(stream, raise(1), { ...by, signal: control.signal }));
    expect(isFault(fault, 'deadline-exceeded')).to.equal(true);
    expect(await eventStore.head()).to.equal(START);
  });

  it('makes no further attempt once its signal has fired', async () => {
    const control = new AbortController();
    const { store, asked } = watched(openMemoryStore().eventStore, async ({ streamId: id, expected }) => {
      control.abort();
      throw new Fault('revision-conflict', { streamId: id, expected, actual: revision(7) });
    });
    const fault = await faultOf(handlerOn(store).handle(stream, raise(1), { ...by, signal: control.signal }));
    expect(fault).to.deep.include({ code: 'deadline-exceeded', facts: { doing: 'a command on tally-a' } });
    expect(asked.appends).to.equal(1);
  });
});

describe('a pinned revision', () => {
  it('is refused at once if the stream is at another revision, also if it changes during the append', async () => {
    const { eventStore } = openMemoryStore();
    const elsewhere = handlerOn(eventStore);
    const { store, asked } = watched(eventStore, async () => {
      await elsewhere.handle(stream, raise(1), by);
    });
    const handled = await handlerOn(store).handle(stream, raise(1), { ...by, ifRevision: 'no-stream' });
    expect(handled).to.have.deep.property('rejection', {
      reason: 'revision-not-current',
      expected: 'no-stream',
      actual: revision(0),
    });
    expect(asked.appends).to.equal(1);
  });
});

describe('a pinned event', () => {
  it('is refused unless it is the last event of the stream', async () => {
    const { eventStore } = openMemoryStore();
    const handler = handlerOn(eventStore);
    const ids = monotonicIds();
    const [other, empty] = [ids(), streamId('tally', 'empty')];
    expect(await handler.handle(empty, raise(1), { ...by, ifEventId: other })).to.deep.include({
      rejection: { reason: 'event-not-current', expected: other, actual: undefined },
    });
    const first = await handler.handle(stream, raise(1), by);
    if (first.outcome === 'rejected' || first.events[0] === undefined) throw new Error('unreachable');
    const { id } = first.events[0];
    expect(await handler.handle(stream, raise(1), { ...by, ifEventId: other })).to.deep.include({
      rejection: { reason: 'event-not-current', expected: other, actual: id },
    });
    expect(stateOf(await handler.handle(stream, raise(1), { ...by, ifEventId: id }))).to.equal(2);
  });
});

describe('a dry run of a command', () => {
  it('returns the answer to the command by the latest state, and writes nothing', async () => {
    const { eventStore } = openMemoryStore();
    const handler = handlerOn(eventStore);
    await handler.handle(stream, raise(2), by);
    await handlerOn(eventStore).handle(stream, raise(3), by);
    const granted = await handler.dryRun(stream, lower(5));
    expect(granted).to.deep.include({ outcome: 'accepted', state: 5 });
    expect(granted).to.have.property('events').with.length(1);
    const refused = await handler.dryRun(stream, lower(6));
    expect(refused).to.deep.include({ outcome: 'rejected', state: 5 });
    for await (const [last] of eventStore.readStream(stream, { direction: 'backwards', limit: 1 })) {
      expect(last?.revision).to.equal(1n);
    }
  });

  it('is refused for a wrong revision, as the command would be', async () => {
    const { eventStore } = openMemoryStore();
    const handler = handlerOn(eventStore);
    await handler.handle(stream, raise(2), by);
    expect(await handler.dryRun(stream, raise(1), { ifRevision: revision(7n) })).to.deep.include({
      outcome: 'rejected',
      rejection: { reason: 'revision-not-current', expected: revision(7n), actual: revision(0n) },
    });
  });
});
