import { type Position, revision, START, type Store, streamId } from '@login-policy/event-sourcing';
import type { Append } from '@login-policy/event-sourcing/store';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { paced } from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { setImmediate } from 'node:timers/promises';
import { Double } from './double/double.js';
import { anew, appendOf, faultOf, newEvents } from './events.js';

const STREAM = streamId('Counter', 'one');
const receipt = { key: 'k', fingerprint: 'f' };

/** Whether it was elected and has not taken over, or was frozen while another was elected (reference §1). */
for (const office of ['elected', 'deposed'] as const) {
  describe(`a node that was ${office}, lacks the last events, and answers calls for the leader`, () => {
    let double: Double;
    let stores: Store[];

    beforeEach(async () => {
      double = await Double.startBehindWire();
      double.mode.writeTimeoutMs = 200;
      stores = [];
    });

    afterEach(async () => {
      await Promise.all(stores.map((store) => store.close()));
      await double.stop();
    });

    /** A store that knows nothing yet, as another process has one. */
    function another(): Store {
      const store = connectEventStoreDb(double.url, { timeouts: { retryMs: paced(500), appendMs: paced(500) } });
      stores.push(store);
      return store;
    }

    const keyed = (count: number): Append => ({
      streamId: STREAM,
      expected: revision(0n),
      events: newEvents(count),
      receipt,
    });

    /** From a position on, events are missing until the returned function is called. */
    function takeOffice(from = double.log.end): () => void {
      const catchUp = double.log.hideFrom(from);
      double.mode.office = office;
      return () => {
        catchUp();
        double.mode.office = 'leads';
      };
    }

    it('is not asked for the receipt of a command with events', async () => {
      const [{ eventStore: one }, { eventStore: two }] = [another(), another()];
      await one.append(appendOf(STREAM, 1));
      const { end } = double.log;
      await one.append(keyed(1));
      const takeOver = takeOffice(end);
      expect((await faultOf(two.receipt(STREAM, 'k'))).code).to.equal('store-unavailable');
      takeOver();
      expect(await two.receipt(STREAM, 'k')).to.deep.equal({ ...receipt, revision: 1n });
    });

    it('is not asked for the receipt of a command without events', async () => {
      const [{ eventStore: one }, { eventStore: two }] = [another(), another()];
      await one.append(appendOf(STREAM, 1));
      const { end } = double.log;
      await one.append(keyed(0));
      const takeOver = takeOffice(end);
      expect((await faultOf(two.receipt(STREAM, 'k'))).code).to.equal('store-unavailable');
      takeOver();
      expect(await two.receipt(STREAM, 'k')).to.deep.equal({ ...receipt, revision: 0n });
    });

    it('is not asked for the end of the log', async () => {
      const [{ eventStore: one }, { eventStore: two }] = [another(), another()];
      await one.append(appendOf(STREAM, 1));
      const { end } = double.log;
      const [last] = await one.append(appendOf(STREAM, 1));
      expect(await two.head()).to.equal(last?.position);
      const takeOver = takeOffice(end);
      expect((await faultOf(two.head())).code).to.equal('store-unavailable');
      takeOver();
      expect(await two.head()).to.equal(last?.position);
    });

    it('refuses no append because of what it does not know', async () => {
      const [{ eventStore: one }, { eventStore: two }] = [another(), another()];
      await one.append(appendOf(STREAM, 1));
      const { end } = double.log;
      await one.append(appendOf(STREAM, 1));
      const takeOver = takeOffice(end);
      const { code } = await faultOf(two.append({ ...appendOf(STREAM, 1), expected: revision(1n) }));
      expect(code).to.equal('store-unavailable');
      takeOver();
      expect(await two.append({ ...appendOf(STREAM, 1), expected: revision(1n) })).to.have.length(1);
    });

    for (const direction of ['forwards', 'backwards'] as const) {
      it(`is not read ${direction} when the connection moves to it in the middle of a read`, () =>
        isNotRead(direction));
    }

    async function isNotRead(direction: 'forwards' | 'backwards'): Promise<void> {
      const store = another();
      await store.eventStore.append(appendOf(STREAM, 1));
      const { end } = double.log;
      await store.eventStore.append(appendOf(STREAM, 1));
      expect(await countOf(store, direction)).to.equal(2);
      const takeOver = takeOffice(end);
      double.script.plan('read', { after: 0, do: 'cut' });
      expect((await faultOf(countOf(store, direction))).code).to.equal('store-unavailable');
      takeOver();
      expect(await countOf(store, direction)).to.equal(2);
    }
  });
}

/** Reads that wait for a slot after the node was asked, while the connection breaks. */
describe('a read that begins on another connection than the one that was checked', () => {
  let double: Double;
  let store: Store;
  let taken: Promise<unknown>[];

  beforeEach(async () => {
    double = await Double.startBehindWire();
    store = connectEventStoreDb(double.url, { timeouts: { retryMs: paced(500) } });
    taken = [];
  });

  afterEach(async () => {
    await Promise.all(taken);
    await store.close();
    await double.stop();
  });

  /** Takes slots by reads that get no answer before the line is cut. */
  function takeSlots(count: number): void {
    for (let slot = 0; slot < count; slot++) {
      double.script.plan('read', { after: 0, do: 'stall' });
      const reader = store.eventStore.readStream(streamId('Counter', `none-${taken.length}`))[Symbol.asyncIterator]();
      taken.push(reader.next().catch((caught: unknown) => caught));
    }
  }

  for (const [what, count] of Object.entries({ nothing: 0, 'three events': 3 })) {
    it(`takes no events of a restored log where ${what} followed`, () => takesNothing(count));
  }

  async function takesNothing(count: number): Promise<void> {
    await store.eventStore.append(appendOf(STREAM, 1));
    const restore = double.log.backUp();
    const [lost] = await store.eventStore.append(appendOf(STREAM, 1));
    takeSlots(SLOTS - 1);
    await until(() => double.script.struck === SLOTS - 1);
    double.script.plan('read', { after: 0, do: 'hold-answers' });
    const before = double.considered;
    const reading = faultOf(firstPage(store, lost?.position ?? START));
    await until(() => double.considered > before);
    // This waits for the slot of the look-up that is under way, and the read itself waits behind it.
    takeSlots(1);
    await someTurns();
    restore();
    for (let written = 0; written < count; written++)
      double.log.write('Counter-two', anew(double.log.stream(STREAM)[0]));
    double.wire.letAnswersThrough();
    await until(() => double.script.struck === SLOTS + 1);
    double.wire.cut();
    expect((await reading).code).to.equal('position-unknown');
  }

  for (const [what, count] of Object.entries({ fewer: 400, more: 800 })) {
    it(`finds no lost receipt where it goes on with a restored stream that has ${what} events`, () =>
      findsNoLostReceipt(count));
  }

  async function findsNoLostReceipt(count: number): Promise<void> {
    const restore = double.log.backUp();
    await store.eventStore.append({ ...appendOf(STREAM, 1), receipt });
    await store.eventStore.append(appendOf(STREAM, 699));
    const other = connectEventStoreDb(double.url);
    // The first page has come then, with the receipt in it; besides, the receipt's own stream and its metadata are read.
    double.script.plan('read', { after: 100, do: 'stall' }, { skip: 3 });
    const reading = other.eventStore.receipt(STREAM, 'k');
    await until(() => double.script.struck === 1);
    const events = await countOf(store);
    const [, ...unkeyed] = double.log.stream(STREAM);
    restore();
    double.log.write(STREAM, Array.from({ length: count }, () => anew(unkeyed[0])).flat());
    double.wire.cut();
    expect([events, await reading]).to.deep.equal([700, undefined]);
    await other.close();
  }

  it('does not take the end of a stream from an elected node that lacks the last events', async () => {
    await store.eventStore.append(appendOf(STREAM, 1));
    const { end } = double.log;
    await store.eventStore.append(appendOf(STREAM, 1));
    takeSlots(SLOTS);
    await until(() => double.script.struck === SLOTS);
    const reading = faultOf(countOf(store));
    await someTurns();
    double.log.hideFrom(end);
    double.mode.office = 'elected';
    double.wire.cut();
    expect((await reading).code).to.equal('store-unavailable');
  });
});

/** The reads that a store has under way at most. */
const SLOTS = 50;

async function firstPage({ eventStore }: Store, after: Position): Promise<unknown> {
  for await (const page of eventStore.readAll({ after })) return page;
  return undefined;
}

async function countOf({ eventStore }: Store, direction: 'forwards' | 'backwards' = 'forwards'): Promise<number> {
  let count = 0;
  for await (const page of eventStore.readStream(STREAM, { direction })) count += page.length;
  return count;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await setImmediate();
}

async function someTurns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await setImmediate();
}
