import { EventStoreDBClient, UnavailableError } from '@eventstore/db-client';
import { streamId, type Store } from '@login-policy/event-sourcing';
import { connectEventStoreDb, openEventStoreDbStore } from '@login-policy/store-eventstoredb';
import { paced } from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { setTimeout as sleep } from 'node:timers/promises';
import { Double } from './double/double.js';
import { bare } from './double/status.js';
import { appendOf, faultOf } from './events.js';

const STREAM = streamId('Counter', 'one');

describe('a connection to EventStoreDB', () => {
  let double: Double;
  let store: Store | undefined;

  beforeEach(async () => {
    double = await Double.startBehindWire();
  });

  afterEach(async () => {
    await store?.close();
    await double.stop();
  });

  it('that has died without a word is left by reads, also if pings never notice', async () => {
    const timeouts = { stallMs: paced(300), readMs: paced(300), retryMs: 600_000 };
    store = connectEventStoreDb(`${double.url}&keepAliveInterval=-1`, { timeouts });
    await store.eventStore.append(appendOf(STREAM, 1));
    double.wire.lose();
    for await (const page of store.eventStore.readStream(STREAM)) expect(page).to.have.length(1);
  });

  it('that has died without a word is left by a silent read of a stream', async () => {
    const timeouts = { stallMs: 600_000, readMs: paced(300), retryMs: 600_000 };
    store = connectEventStoreDb(`${double.url}&keepAliveInterval=-1`, { timeouts });
    await store.eventStore.append(appendOf(STREAM, 1));
    double.script.plan('read', { after: 0, do: 'stall' });
    const reading = store.eventStore.readStream(STREAM)[Symbol.asyncIterator]().next();
    while (double.script.struck === 0) await sleep(1);
    double.wire.lose();
    expect((await reading).value).to.have.length(1);
  });

  it('that has died without a word is named where an append could not be sent', async () => {
    store = connectEventStoreDb(double.url, { timeouts: { appendMs: paced(300), stallMs: 600_000 } });
    await store.eventStore.head();
    double.wire.lose();
    const { message } = await faultOf(store.eventStore.append(appendOf(STREAM, 1)));
    expect(message).to.match(/nothing was written: the server did not answer in time/);
  });

  it('that has died without a word is left also while another store is idle', async () => {
    const timeouts = { stallMs: paced(300), readMs: paced(300), retryMs: paced(10_000) };
    const url = `${double.url}&keepAliveInterval=-1`;
    const idle = connectEventStoreDb(url, { timeouts });
    store = connectEventStoreDb(url, { timeouts });
    for (const each of [idle, store]) await each.eventStore.append(appendOf(STREAM, 1));
    double.wire.lose();
    for await (const page of store.eventStore.readStream(STREAM)) expect(page).to.have.length(2);
    await idle.close();
  });

  it('that another call has lost, while none can be found, is store-unavailable', async () => {
    const client = EventStoreDBClient.connectionString(
      `esdb://127.0.0.1:${double.port},127.0.0.1:${double.port}?tls=false&maxDiscoverAttempts=1`,
    );
    loseEachConnection(client, () => double.script.plan('gossip', { end: bare(14, 'away') }, { times: Infinity }));
    store = openEventStoreDbStore({ client, timeouts: { retryMs: 100 } });
    expect((await faultOf(store.eventStore.head())).code).to.equal('store-unavailable');
  });

  it('is not reported as in trouble when the store itself has ended an idle call', async () => {
    store = connectEventStoreDb(double.url);
    await store.eventStore.append(appendOf(STREAM, 1));
    while (double.openCalls > 0) await sleep(20);
    await sleep(100);
    expect(store.eventStore.trouble?.()).to.equal(undefined);
  });
});

/** Loses each connection as soon as it was found, as another call does that fails at the same time. */
function loseEachConnection(client: EventStoreDBClient, then: () => void): void {
  const { execute, handleError } = internalsOf(client);
  Reflect.set(client, 'execute', async (...args: readonly unknown[]) => {
    const stub = await execute(...args);
    await handleError(stub, new UnavailableError(undefined, 'lost'));
    then();
    return stub;
  });
}

type Internal = (...args: readonly unknown[]) => Promise<unknown>;

function internalsOf(client: object): { readonly execute: Internal; readonly handleError: Internal } {
  const isInternal = (value: unknown): value is Internal => typeof value === 'function';
  const [execute, handleError]: unknown[] = [Reflect.get(client, 'execute'), Reflect.get(client, 'handleError')];
  if (isInternal(execute) && isInternal(handleError)) return { execute, handleError };
  throw new TypeError('the client has other members');
}
