import { EventStoreDBClient } from '@eventstore/db-client';
import { type EventStore, type Fault, isFault, revision, type Store, streamId } from '@login-policy/event-sourcing';
import type { Append } from '@login-policy/event-sourcing/store';
import { connectEventStoreDb, type Timeouts } from '@login-policy/store-eventstoredb';
import { paced } from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { Double } from './double/double.js';
import { anew, appendOf, faultOf, newEvents } from './events.js';
import { disposeOf } from './server.js';

const STREAM = streamId('Counter', 'one');
const receipt = { key: 'k', fingerprint: 'f' };
/** For a call that waits for a late answer, however busy the machine is. */
const PATIENT = { appendMs: 60_000 };

describe('a receipt on EventStoreDB', () => {
  let double: Double;
  let stores: Store[];

  beforeEach(async () => {
    double = await Double.start();
    stores = [];
  });

  afterEach(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await double.stop();
  });

  /** A store that knows nothing yet, as another process has one. */
  function another(timeouts: Timeouts = {}): EventStore {
    const store = connectEventStoreDb(double.url, { timeouts: { readMs: paced(300), ...timeouts } });
    stores.push(store);
    return store.eventStore;
  }

  const withReceipt = (count: number, expected: Append['expected'] = 'any'): Append => ({
    streamId: STREAM,
    expected,
    events: newEvents(count),
    receipt,
  });

  /** The records about receipts that stand alone. */
  const alone = (): readonly string[] =>
    double.log.records.filter(({ streamName }) => streamName.startsWith('_receipts-')).map(({ type }) => type);

  it('is found in the middle of a long stream by a process that has never read it', async () => {
    const eventStore = another();
    await eventStore.append(appendOf(STREAM, 700));
    await eventStore.append(withReceipt(2));
    await eventStore.append(appendOf(STREAM, 700));
    expect(await another().receipt(STREAM, 'k')).to.deep.equal({ ...receipt, revision: 701n });
  });

  it('is found again by a reader that has read further, without reading the whole stream again', async () => {
    const [one, two] = [another(), another()];
    await one.append(appendOf(STREAM, 300));
    expect(await two.receipt(STREAM, 'k')).to.equal(undefined);
    await one.append(withReceipt(1));
    expect(await two.receipt(STREAM, 'k')).to.deep.equal({ ...receipt, revision: 300n });
  });

  it('without events counts, though its stream goes on while it is written', async () => {
    const [one, two] = [another(PATIENT), another()];
    await one.append(appendOf(STREAM, 1));
    double.script.plan('batch-append', { do: 'answer-late', ms: paced(500) });
    const keeping = one.append(withReceipt(0, revision(0)));
    await written(double, '_receipts-');
    await two.append(appendOf(STREAM, 1));
    expect(await keeping).to.deep.equal([]);
    expect(alone()).to.deep.equal(['CommandReceipt']);
    for (const eventStore of [one, two, another()])
      expect(await eventStore.receipt(STREAM, 'k')).to.deep.equal({ ...receipt, revision: 0n });
    expect((await faultOf(one.append(withReceipt(1)))).code).to.equal('receipt-exists');
  });

  /** What is read of a receipt whose stream holds this, as another program or a copy may have left it. */
  async function receiptAfter(content: Readonly<Record<string, string>>): Promise<Fault> {
    const eventStore = another();
    await eventStore.append(appendOf(STREAM, 1));
    await eventStore.append(withReceipt(0, revision(0)));
    const name = double.log.records.at(-1)?.streamName ?? '';
    const data = Buffer.from(JSON.stringify({ streamId: STREAM, ...receipt, revision: '0', ...content }));
    const record = { id: crypto.randomUUID(), type: 'CommandReceipt', isJson: true, metadata: new Uint8Array() };
    double.log.write(name, [{ ...record, data }]);
    return faultOf(another().receipt(STREAM, 'k'));
  }

  it('without events that names another key is ignored', async () => {
    expect((await receiptAfter({ key: 'other' })).code).to.equal('store-damaged');
  });

  it('without events that names another stream is ignored', async () => {
    expect((await receiptAfter({ streamId: 'Counter-two' })).code).to.equal('store-damaged');
  });

  it('without events whose own stream was deleted is reported with the name of that stream', async () => {
    const eventStore = another();
    await eventStore.append(appendOf(STREAM, 1));
    await eventStore.append(withReceipt(0, revision(0)));
    const name = double.log.records.at(-1)?.streamName ?? '';
    const client = EventStoreDBClient.connectionString(double.url);
    await client.deleteStream(name);
    await disposeOf(client);
    const fault = await faultOf(another().append(withReceipt(0, revision(0))));
    expect(fault.code).to.equal('store-damaged');
    expect(fault.message).to.contain(name);
  });

  it('acts at most once in two concurrent processes, with or without events', async () => {
    for (let round = 0; round < 30; round++) {
      const stream = streamId('Counter', `round-${round}`);
      const [one, two] = [another(), another()];
      await one.append(appendOf(stream, 1));
      // One saw nothing to change at revision 0; a third goes on to 1, where the other sees what there is to change.
      const without = one.append({ ...withReceipt(0, revision(0)), streamId: stream });
      const going = two.append({ ...appendOf(stream, 1), expected: revision(0) });
      const withEvents = going.then(() => two.append({ ...withReceipt(1, revision(1)), streamId: stream }));
      await Promise.allSettled([without, withEvents]);
      // Both may have been answered: at the same moment. What acted is what every later use hears.
      const appended = double.log.stream(stream).length;
      const found = await another().receipt(stream, 'k');
      expect(found?.revision, `round ${round}`).to.equal(appended === 3 ? 2n : 0n);
    }
  });

  it('without events is stored once, also if another process stores it between the look-up and the write', async () => {
    const [one, two] = [another(), another()];
    await one.append(appendOf(STREAM, 1));
    await one.append(withReceipt(0, revision(0)));
    const [kept] = double.log.records.filter(({ streamName }) => streamName.startsWith('_receipts-'));
    if (kept === undefined) throw new Error('a receipt');
    const key = kept.streamName;
    const restored = await Double.start();
    restored.log.write(STREAM, anew(double.log.stream(STREAM)[0]));
    restored.mode.isDenied = (streamName) => {
      if (streamName === key && restored.log.stream(key).length === 0) restored.log.write(key, anew(kept));
      return false;
    };
    const late = connectEventStoreDb(restored.url);
    expect(await outcomeOf(late.eventStore.append(withReceipt(0, revision(0))))).to.equal('receipt-exists');
    expect(restored.log.stream(key)).to.have.length(1);
    expect(await outcomeOf(two.append(withReceipt(0, revision(0))))).to.equal('receipt-exists');
    await late.close();
    await restored.stop();
  });

  it('in an event comes before one without events', async () => {
    const [one, two] = [another(), another()];
    await one.append(appendOf(STREAM, 1));
    await one.append(withReceipt(0, revision(0)));
    // As of a use at the same moment.
    const [kept] = double.log.records.filter(({ streamName }) => streamName.startsWith('_receipts-'));
    await two.append({ ...withReceipt(1, revision(0)), receipt: { key: 'other', fingerprint: 'f' } });
    const [, event] = double.log.stream(STREAM);
    if (event === undefined || kept === undefined) throw new Error('an event and a receipt');
    const metadata = Buffer.from(Buffer.from(event.metadata).toString().replace('"key":"other"', '"key":"k"'));
    const again = await Double.start();
    again.log.write(kept.streamName, anew(kept));
    again.log.write(event.streamName, [...anew(double.log.stream(STREAM)[0]), { ...event, metadata }]);
    const { eventStore, close } = connectEventStoreDb(again.url);
    expect(await eventStore.receipt(STREAM, 'k')).to.deep.equal({ ...receipt, revision: 1n });
    await close();
    await again.stop();
  });

  it('without events counts once it is written, though its writer crashed', async () => {
    const one = another();
    await one.append(appendOf(STREAM, 1));
    double.script.plan('batch-append', { do: 'never-answer' });
    const keeping = outcomeOf(one.append(withReceipt(0)));
    await written(double, '_receipts-');
    const two = another();
    expect(await outcomeOf(two.append(withReceipt(1, revision(0))))).to.equal('receipt-exists');
    expect(await two.receipt(STREAM, 'k')).to.deep.equal({ ...receipt, revision: 0n });
    expect(await keeping).to.equal('kept');
    expect(alone()).to.deep.equal(['CommandReceipt']);
  });

  it('is never returned by a read of the log, and is not the head', async () => {
    const eventStore = another();
    const [event] = await eventStore.append(appendOf(STREAM, 1));
    await eventStore.append(withReceipt(0));
    const seen: string[] = [];
    for await (const page of eventStore.readAll()) seen.push(...page.map(({ id }) => id));
    expect(seen).to.deep.equal([event?.id]);
    expect(await eventStore.head()).to.equal(event?.position);
  });

  it('of another program is reported as damage', async () => {
    const eventStore = another();
    await eventStore.append(appendOf(STREAM, 1));
    await eventStore.append(withReceipt(0));
    const name = double.log.records.find(({ streamName }) => streamName.startsWith('_receipts-'))?.streamName ?? '';
    const forged = { id: crypto.randomUUID(), type: 'CommandReceipt', isJson: true, metadata: new Uint8Array() };
    const others = ['{"key":7}', 'null', '', 'no JSON'];
    for (const data of others) {
      double.log.write(name, [{ ...forged, id: crypto.randomUUID(), data: Buffer.from(data) }]);
      expect((await faultOf(eventStore.receipt(STREAM, 'k'))).code, data).to.equal('store-damaged');
    }
  });

  it('whose stream was deleted is damage: its command does not act again (T71)', async () => {
    const eventStore = another();
    await eventStore.append(appendOf(STREAM, 1));
    await eventStore.append(withReceipt(0));
    const name = double.log.records.find(({ streamName }) => streamName.startsWith('_receipts-'))?.streamName ?? '';
    const client = EventStoreDBClient.connectionString(double.url);
    await client.deleteStream(name);
    await disposeOf(client);
    for (const repeated of [() => eventStore.append(withReceipt(1)), () => another().append(withReceipt(1))]) {
      const { code, message } = await faultOf(repeated());
      expect([code, message]).to.deep.equal(['store-damaged', message]);
      expect(message).to.contain(`${name} was deleted outside the library`);
    }
    expect(double.log.stream(STREAM)).to.have.length(1);
  });

  it('whose stream has a record of another type is damage', async () => {
    const eventStore = another();
    await eventStore.append(appendOf(STREAM, 1));
    await eventStore.append(withReceipt(0));
    const name = double.log.records.find(({ streamName }) => streamName.startsWith('_receipts-'))?.streamName ?? '';
    const foreign = anew(double.log.stream(name)[0]).map((record) => ({ ...record, type: 'Foreign' }));
    double.log.write(name, foreign);
    expect((await faultOf(eventStore.receipt(STREAM, 'k'))).code).to.equal('store-damaged');
  });
});

/** What became of an append: the code of its fault, or that it was carried out. */
async function outcomeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'kept';
  } catch (error) {
    if (isFault(error)) return error.code;
    throw error;
  }
}

/** Resolves when something is written to a stream whose name begins so. */
function written(double: Double, prefix: string): Promise<void> {
  return new Promise((resolve) => {
    const leave = double.log.onWrite(() => {
      if (double.log.records.at(-1)?.streamName.startsWith(prefix) !== true) return;
      leave();
      resolve();
    });
  });
}
