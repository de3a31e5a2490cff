import { setImmediate as yieldToLoop } from 'node:timers/promises';
import { openMemoryStore, START, streamId, type Position } from '@login-policy/event-sourcing';
import { Feed, Notifier, type Reader } from '#insides';
import type { NewEvent, ReadAhead } from '@login-policy/event-sourcing/store';
import { Fault } from '@login-policy/event-sourcing/values';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { newEvent } from './events.js';

const STREAM = streamId('Counter', 'a');

/** A log in memory that can be replaced by a backup. */
class RestorableLog {
  store = openMemoryStore().eventStore;
  #written: NewEvent[] = [];

  async append(event = newEvent()): Promise<void> {
    await this.store.append({ streamId: STREAM, expected: 'any', events: [event] });
    this.#written.push(event);
  }

  /** Replaces the log by a backup that holds its first events. No reader is notified. */
  async restore(count = 0): Promise<void> {
    const events = this.#written.slice(0, count);
    [this.store, this.#written] = [openMemoryStore().eventStore, []];
    for (const event of events) await this.append(event);
  }
}

/** A feed over a log in memory that counts what is read of it, page by page. */
function watchedFeed() {
  const log = new RestorableLog();
  const notifier = new Notifier();
  let reads = 0;
  let fault: Error | undefined;
  const reader =
    (options = {}): Reader =>
    async (after): Promise<ReadAhead> => {
      reads += 1;
      if (fault !== undefined) throw fault;
      const head = await log.store.head();
      for await (const events of log.store.readAll({ ...options, after })) {
        const scannedUpTo = events.at(-1)?.position ?? after;
        return { events, scannedUpTo, reachedHead: scannedUpTo >= head };
      }
      return { events: [], scannedUpTo: head, reachedHead: true };
    };
  const feed = new Feed({ reader, changed: (signal) => notifier.changed(signal) });
  return {
    feed,
    reads: () => reads,
    fail: (error: Error) => (fault = error),
    notify: () => notifier.notify(),
    log,
    write: async (count = 1) => {
      for (let left = count; left > 0; left--) await log.append();
      notifier.notify();
      return log.store.head();
    },
  };
}

/** Reads messages until it is told that it is caught up to a place, and answers how many events came. */
async function countUntil(messages: AsyncIterator<{ kind: string; position: Position }>, place: Position) {
  let events = 0;
  for (;;) {
    const { value, done } = await messages.next();
    if (done === true) throw new Error('a subscription does not end of itself');
    if ('events' in value && Array.isArray(value.events)) events += value.events.length;
    if (value.kind === 'caught-up' && value.position >= place) return events;
  }
}

describe('the shared feed of a store', () => {
  it('reads a change once for all subscribers (L4)', async () => {
    const { feed, reads, write } = watchedFeed();
    const head = await write();
    const all = Array.from({ length: 1000 }, () => feed.subscribe()[Symbol.asyncIterator]());
    await Promise.all(all.map((messages) => countUntil(messages, head)));
    const before = reads();
    const next = await write();
    const counts = await Promise.all(all.map((messages) => countUntil(messages, next)));
    expect(new Set(counts)).to.deep.equal(new Set([1]));
    expect(reads() - before).to.be.below(4);
    for (const messages of all) await messages.return?.();
  });

  it('begins anew for a subscriber that joins after the log was replaced, while others are at a lost position (Q71)', async () => {
    for (const written of [1, 5]) {
      const { feed, log, reads, write } = watchedFeed();
      const before = feed.subscribe()[Symbol.asyncIterator]();
      await countUntil(before, await write(3));
      const lost = before.next();
      await log.restore();
      const from = reads();
      const after = feed.subscribe()[Symbol.asyncIterator]();
      await countUntil(after, START);
      expect(reads() - from).to.be.below(6);
      await countUntil(after, await write(written));
      const refused: unknown = await lost.catch((caught: unknown) => caught);
      expect(refused).to.include({ code: 'position-unknown' });
      await after.return?.();
    }
  });

  it('refuses to continue a subscriber that was ahead of it, when the event that the subscriber reached was lost', async () => {
    const { feed, log, write } = watchedFeed();
    const behind = feed.subscribe()[Symbol.asyncIterator]();
    await countUntil(behind, await write());
    const next = behind.next();
    await log.append();
    const ahead = feed.subscribe()[Symbol.asyncIterator]();
    await countUntil(ahead, START);
    const refused = ahead.next().catch((caught: unknown) => caught);
    await log.restore(1);
    await write(2);
    expect(await refused).to.include({ code: 'position-unknown' });
    expect(await next).to.have.nested.property('value.events.length', 2);
    await behind.return?.();
  });

  it('continues a subscriber that was ahead of it: it gets each event once', async () => {
    const { feed, log, write } = watchedFeed();
    const behind = feed.subscribe()[Symbol.asyncIterator]();
    await countUntil(behind, await write());
    await log.append();
    const ahead = feed.subscribe()[Symbol.asyncIterator]();
    await countUntil(ahead, START);
    expect(await countUntil(ahead, await write(2))).to.equal(2);
    await Promise.all([behind.return?.(), ahead.return?.()]);
  });

  it('buffers 2,000 events for a slow reader, which then reads the log itself and gets each event once', async () => {
    const { feed, write } = watchedFeed();
    const head = await write();
    const slow = feed.subscribe({ pageSize: 500 })[Symbol.asyncIterator]();
    await countUntil(slow, head);
    let last = head;
    for (let round = 0; round < 3; round++) {
      last = await write(1000);
      await yieldToLoop();
    }
    expect(await countUntil(slow, last)).to.equal(3000);
    expect(await countUntil(slow, await write(2))).to.equal(2);
    await slow.return?.();
  });

  it('says that it caught up where the store notices its head only by an empty page', async () => {
    const { log, notifier } = { log: new RestorableLog(), notifier: new Notifier() };
    const reader =
      (options = {}): Reader =>
      async (after): Promise<ReadAhead> => {
        for await (const events of log.store.readAll({ ...options, after }))
          return { events, scannedUpTo: events.at(-1)?.position ?? after, reachedHead: false };
        return { events: [], scannedUpTo: after, reachedHead: true };
      };
    const feed = new Feed({ reader, changed: (signal) => notifier.changed(signal) });
    const messages = feed.subscribe()[Symbol.asyncIterator]();
    await countUntil(messages, START);
    for (let count = 0; count < 3; count++) {
      const coming = messages.next();
      await log.append();
      notifier.notify();
      expect((await coming).value).to.include({ kind: 'events' });
      expect((await messages.next()).value).to.include({ kind: 'caught-up', position: await log.store.head() });
    }
    await messages.return?.();
  });

  it('tells who listens where the store can no longer say what changed', async () => {
    const { log } = watchedFeed();
    await log.append();
    const away = new Fault('store-unavailable', { store: 'a store', problem: 'it is away' });
    let reads = 0;
    const reader = (): Reader => async (after) => {
      reads += 1;
      // The feed itself reads while the wait for a change has failed already.
      for (let turn = 0; reads > 1 && turn < 3; turn++) await yieldToLoop();
      return { events: [], scannedUpTo: after, reachedHead: true };
    };
    const feed = new Feed({ reader, changed: () => Promise.reject(away) });
    const messages = feed.subscribe()[Symbol.asyncIterator]();
    await countUntil(messages, START);
    expect(await messages.next().catch((caught: unknown) => caught)).to.equal(away);
  });

  it('reads nothing without subscribers', async () => {
    const { feed, reads, write } = watchedFeed();
    const messages = feed.subscribe()[Symbol.asyncIterator]();
    await countUntil(messages, START);
    await messages.return?.();
    const before = reads();
    await write();
    await yieldToLoop();
    expect(reads()).to.equal(before);
  });

  it('reports a fault to all subscribers and begins anew for the next one', async () => {
    const { feed, fail, notify } = watchedFeed();
    const two = [feed.subscribe(), feed.subscribe()].map((messages) => messages[Symbol.asyncIterator]());
    await Promise.all(two.map((messages) => countUntil(messages, START)));
    const waiting = two.map((messages) => messages.next().catch((caught: unknown) => caught));
    fail(new Fault('store-unavailable', { store: 'a store', problem: 'it is away' }));
    notify();
    for (const caught of await Promise.all(waiting)) expect(caught).to.include({ code: 'store-unavailable' });
  });
});
