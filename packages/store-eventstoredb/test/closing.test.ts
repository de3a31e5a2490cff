import { revision, streamId, type EventStore, type Store } from '@login-policy/event-sourcing';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { paced } from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Double } from './double/double.js';
import { appendOf, faultOf } from './events.js';

const STREAM = streamId('Counter', 'one');
const receipt = { key: 'k', fingerprint: 'f' };

type Call = (eventStore: EventStore) => Promise<unknown>;

/** Everything that waits for the server. */
const CALLS: Readonly<Record<string, Call>> = {
  'an append': (eventStore) => eventStore.append(appendOf(STREAM, 1)),
  'an append that waits for another': (eventStore) => {
    eventStore.append(appendOf(STREAM, 1)).catch(() => undefined);
    return eventStore.append(appendOf(STREAM, 1));
  },
  'an append with a key': (eventStore) => eventStore.append({ ...appendOf(STREAM, 1), receipt }),
  'an append without events': (eventStore) =>
    eventStore.append({ streamId: STREAM, expected: revision(0), events: [], receipt }),
  'a look for a receipt': (eventStore) => eventStore.receipt(STREAM, 'k'),
  'a read of a stream': (eventStore) => firstOf(eventStore.readStream(STREAM)),
  'a read of everything': (eventStore) => firstOf(eventStore.readAll()),
  'a subscription': (eventStore) => firstOf(eventStore.subscribe()),
  'a look for the head': (eventStore) => eventStore.head(),
};

describe('closing a store on EventStoreDB', () => {
  let double: Double;
  let store: Store;

  beforeEach(async () => {
    double = await Double.start();
    store = connectEventStoreDb(double.url, { timeouts: { closeMs: paced(200) } });
  });

  afterEach(async () => {
    await store.close();
    await double.stop();
  });

  for (const [what, call] of Object.entries(CALLS)) {
    it(`refuses ${what} that has written nothing and got no answer`, () => isRefusedAsClosed(call));
  }

  async function isRefusedAsClosed(call: Call): Promise<void> {
    double.script.plan('read', { after: 0, do: 'stall' }, { times: 100 });
    const refused = faultOf(call(store.eventStore));
    while (double.script.struck === 0) await setImmediate();
    await store.close();
    expect((await refused).code).to.equal('store-closed');
    expect(double.log.stream(STREAM)).to.have.length(0);
  }

  it('completes a running append', async () => {
    store = connectEventStoreDb(double.url);
    await store.eventStore.append(appendOf(STREAM, 1));
    double.script.plan('batch-append', { do: 'answer-late', ms: 60 });
    const carried = store.eventStore.append(appendOf(STREAM, 1));
    await written(double, 2);
    await store.close();
    expect(await carried).to.have.length(1);
  });

  it('waits for a running append only for a limited time; its outcome is then unknown', async () => {
    await store.eventStore.append(appendOf(STREAM, 1));
    double.script.plan('batch-append', { do: 'never-answer' }, { times: 100 });
    double.script.plan('read', { after: 0, do: 'stall' }, { times: 100 });
    const lost = faultOf(store.eventStore.append(appendOf(STREAM, 1)));
    await written(double, 2);
    const begun = performance.now();
    await store.close();
    expect(performance.now() - begun).to.be.lessThan(paced(5000));
    expect((await lost).code).to.equal('outcome-unknown');
  });
});

describe('closing a store on EventStoreDB that has a client of its own', () => {
  it('ends its connection', async () => {
    const double = await Double.startBehindWire();
    const store = connectEventStoreDb(double.url);
    await store.eventStore.append(appendOf(STREAM, 1));
    expect(double.wire.connections).to.equal(1);
    await store.close();
    await store.close();
    while (double.wire.connections > 0) await setImmediate();
    await double.stop();
  });

  it('gives up a connection that is still being made, which would keep the process alive', async () => {
    // Takes connections and says nothing.
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    if (address === null || typeof address === 'string') throw new Error('it listens on a port');
    const program = `
      import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
      const store = connectEventStoreDb('esdb://127.0.0.1:${address.port}?tls=false');
      const refused = store.eventStore.head().catch(({ code }) => console.log(code));
      process.stdin.once('data', () => store.close());
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const [socket]: Socket[] = await once(silent, 'connection');
    child.stdin.end('close');
    const [code] = await once(child, 'exit');
    expect(code).to.equal(0);
    socket?.destroy();
    silent.close();
    await once(silent, 'close');
  });
});

async function firstOf<Value>(values: AsyncIterable<Value>): Promise<Value | undefined> {
  for await (const value of values) return value;
  return undefined;
}

async function written(double: Double, count: number): Promise<void> {
  while (double.log.stream(STREAM).length < count) await setImmediate();
}
