import {
  Fault,
  openMemoryStore,
  type Position,
  type RecordedEvent,
  START,
  streamId,
} from '@login-policy/event-sourcing';
import { type LogRange, MemoryBackend, type ReadAhead, storeOn } from '@login-policy/event-sourcing/store';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { codeOf, raise } from './followed.js';

const a = streamId('tally', 'a');

/** A log whose pages are counted, and that fails when a test wants it to. */
class WatchedBackend extends MemoryBackend {
  pages = 0;
  fault: Error | undefined;

  override readLog(after: Position, range: LogRange): Promise<ReadAhead> {
    this.pages += 1;
    return this.fault === undefined ? super.readLog(after, range) : Promise.reject(this.fault);
  }
}

function watchedStore() {
  const backend = new WatchedBackend('a memory store');
  return { backend, store: storeOn(backend, { most: { appends: 512, size: Infinity } }) };
}

describe('a catch-up subscription', () => {
  it('reads nothing before it is iterated, and nothing more until something changes', async () => {
    const { backend, store } = watchedStore();
    const messages = store.eventStore.subscribe()[Symbol.asyncIterator]();
    expect(backend.pages).to.equal(0);
    expect((await messages.next()).value).to.include({ kind: 'caught-up' });
    const next = messages.next();
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
    expect(backend.pages).to.equal(1);
    await raise(store, a, 1);
    expect((await next).value).to.include({ kind: 'events' });
    await messages.return?.();
  });

  it('delivers each event once to each of several subscribers, however slowly one of them reads', async () => {
    const { store } = watchedStore();
    const slow = store.eventStore.subscribe({ pageSize: 3 });
    const fast = store.eventStore.subscribe();
    const read = async (messages: typeof slow, isSlow: boolean): Promise<readonly RecordedEvent[]> => {
      const events: RecordedEvent[] = [];
      for await (const message of messages) {
        if (message.kind === 'events') events.push(...message.events);
        if (events.length === 3000) return events;
        if (isSlow) await new Promise(setImmediate);
      }
      return events;
    };
    const reading = [read(slow, true), read(fast, false)];
    for (let count = 0; count < 300; count++) await raise(store, a, ...Array.from({ length: 10 }, () => 1));
    for (const events of await Promise.all(reading))
      expect(events.map(({ revision }) => Number(revision))).to.deep.equal(Array.from({ length: 3000 }, (_, n) => n));
  });

  it('reports a fault, and a later one goes on from its position', async () => {
    const { backend, store } = watchedStore();
    await raise(store, a, 1);
    const messages = store.eventStore.subscribe()[Symbol.asyncIterator]();
    const first = await messages.next();
    expect((await messages.next()).value).to.include({ kind: 'caught-up' });
    backend.fault = new Fault('store-unavailable', { store: 'a store', problem: 'away' });
    const failing = codeOf(messages.next());
    await raise(store, a, 1);
    expect(await failing).to.equal('store-unavailable');
    backend.fault = undefined;
    const after = first.done === true ? START : first.value.position;
    const again = store.eventStore.subscribe({ after })[Symbol.asyncIterator]();
    const second = await again.next();
    const events = second.done !== true && second.value.kind === 'events' ? second.value.events : [];
    expect(events.map(({ revision }) => revision)).to.deep.equal([1n]);
    await again.return?.();
  });

  it('is refused after a position of a lost history', async () => {
    const [store, other] = [openMemoryStore(), openMemoryStore()];
    await raise(other, a, 1);
    const lost = await other.eventStore.head();
    await raise(store, a, 1, 1);
    const messages = store.eventStore.subscribe({ after: lost })[Symbol.asyncIterator]();
    expect(await codeOf(messages.next())).to.equal('position-unknown');
  });
});
