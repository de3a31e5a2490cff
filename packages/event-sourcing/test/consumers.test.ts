import {
  Fault,
  monotonicIds,
  type Observation,
  openMemoryStore,
  type RecordedEvent,
  START,
  type Store,
  streamId,
} from '@login-policy/event-sourcing';
import type { ConsumerBackend } from '@login-policy/event-sourcing/store';
import { Consumers, MemoryConsumers } from '#insides';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { newEvent } from './events.js';

describe('the consumers of a store', () => {
  it('end within seconds when the store is closed, although a handler hangs forever', async () => {
    const store = openMemoryStore();
    await append(store);
    let calls = 0;
    const consumer = store.consume({
      name: 'hanging',
      handle: () => {
        calls += 1;
        return new Promise(() => undefined);
      },
    });
    await until(() => calls === 1);
    await store.close();
    expect(consumer.status().state).to.equal('closed');
  });

  it('end within seconds, although a handler hangs and their store has fallen silent', async () => {
    const { store, kept } = memory();
    const consumers = new Consumers({ store: 'a store', backend: kept, events: store.eventStore });
    let calls = 0;
    consumers.consume({
      name: 'hanging',
      handle: () => {
        calls += 1;
        return new Promise(() => undefined);
      },
    });
    await append(store);
    await until(() => calls === 1);
    kept.put = kept.lookUp = kept.beat = kept.forget = () => new Promise<never>(() => undefined);
    await consumers.close();
    await store.close();
  });

  it('go on when the clock throws: their state then has the time of the machine', async () => {
    const { store, kept } = memory();
    const clock = (): never => {
      throw new Error('no time');
    };
    const consumers = new Consumers({ store: 'a store', backend: kept, events: store.eventStore, clock });
    let calls = 0;
    const consumer = consumers.consume({
      name: 'timeless',
      handle: () => {
        calls += 1;
        if (calls === 1) throw new Error('failed');
      },
    });
    await append(store);
    const head = await store.eventStore.head();
    await until(() => consumer.status().position === head);
    expect(consumer.status().lastFailure?.at).to.be.within(Date.now() - 60_000, Date.now());
    await consumers.close();
    await store.close();
  });

  it('complete a move of the checkpoint whose answer was lost, without handling events twice', async () => {
    const { store, kept } = memory();
    const put = kept.put.bind(kept);
    let puts = 0;
    kept.put = async (...args) => {
      const outcome = await put(...args);
      puts += 1;
      if (puts % 2 === 0) throw lost();
      return outcome;
    };
    const consumers = new Consumers({ store: 'a store', backend: kept, events: store.eventStore });
    const met: RecordedEvent[] = [];
    const consumer = consumers.consume({ name: 'lossy', pageSize: 1, handle: (events) => void met.push(...events) });
    for (let count = 0; count < 5; count++) await append(store);
    const head = await store.eventStore.head();
    await until(() => consumer.status().position === head);
    expect(met).to.have.length(5);
    await consumers.close();
    await store.close();
  });

  it('leave no lease behind that others wait for, although the answer to a claim or a release is lost', async () => {
    const { store, kept } = memory();
    const put = kept.put.bind(kept);
    let isLossy = true;
    kept.put = async (name, record, expected) => {
      const isLost = isLossy && name === (record.holder === undefined ? 'released' : 'claimed');
      if (isLost && name === 'released') throw lost();
      const outcome = await put(name, record, expected);
      if (isLost) throw lost();
      return outcome;
    };
    const [here, elsewhere] = ['here', 'elsewhere'].map(
      (name) => new Consumers({ store: name, backend: kept, events: store.eventStore }),
    );
    const consume = (consumers: Consumers | undefined, name: string) =>
      consumers?.consume({ name, handle: () => undefined });
    const [claimed, released, staying] = ['claimed', 'released', 'staying'].map((name) => consume(here, name));
    await until(() => claimed?.status().lastFailure !== undefined && released?.status().state === 'working');
    await Promise.all([claimed?.close(), released?.close()]);
    isLossy = false;
    const next = ['claimed', 'released'].map((name) => consume(elsewhere, name));
    await until(() => next.every((consumer) => consumer?.status().state === 'working'));
    expect(staying?.status().state).to.equal('working');
    await here?.close();
    await elsewhere?.close();
    await store.close();
  });

  it('lose the lease to another process, abort the handler, and do not move the checkpoint', async () => {
    const { store, kept } = memory();
    const consumers = new Consumers({ store: 'a store', backend: kept, events: store.eventStore });
    await append(store);
    const signals: AbortSignal[] = [];
    const consumer = consumers.consume({
      name: 'taken',
      handle: (_, { signal }) => {
        signals.push(signal);
        return new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      },
    });
    await until(() => signals.length === 1);
    const found = (await kept.lookUp(['taken'])).get('taken');
    if (found === undefined) throw new Error('the consumer has no record');
    // Another process, which says that it lives.
    await kept.put('taken', { holder: { session: 'another', run: 1 }, position: found.position }, found.version);
    await until(() => signals[0]?.aborted === true && consumer.status().state === 'standby');
    const after = (await kept.lookUp(['taken'])).get('taken');
    expect(after?.position).to.equal(found.position);
    expect(after?.holder?.session).to.equal('another');
    await consumers.close();
    await store.close();
  });

  it('say why they lose the lease when no heartbeat gets through, as over a pool without a free connection', async () => {
    const { store, kept } = memory();
    const backend: ConsumerBackend = {
      lookUp: (names) => kept.lookUp(names),
      beat: () => Promise.reject(lost()),
      forget: (session) => kept.forget(session),
      put: (name, record, expected) => kept.put(name, record, expected),
    };
    const consumers = new Consumers({ store: 'a store', backend, events: store.eventStore });
    await append(store);
    const consumer = consumers.consume({
      name: 'unheard',
      handle: (_, { signal }) => new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
    });
    await until(() => consumer.status().lastFailure !== undefined);
    expect(String(consumer.status().lastFailure?.error)).to.equal(String(lost()));
    await consumers.close();
    await store.close();
  });

  it('count the attempts at events, and not the failures of the store', async () => {
    const { store, kept } = memory();
    let looks = 0;
    const backend: ConsumerBackend = {
      lookUp: (names) => (looks++ < 2 ? Promise.reject(lost()) : kept.lookUp(names)),
      beat: (session, count) => kept.beat(session, count),
      forget: (session) => kept.forget(session),
      put: (name, record, expected) => kept.put(name, record, expected),
    };
    const consumers = new Consumers({ store: 'a store', backend, events: store.eventStore });
    await append(store);
    await append(store);
    const attempts: number[] = [];
    const consumer = consumers.consume({
      name: 'counting',
      pageSize: 1,
      handle: (_, { attempt }) => {
        attempts.push(attempt);
        if (attempts.length === 1) throw new Error('once');
      },
    });
    await until(() => attempts.length === 3);
    expect(attempts).to.deep.equal([1, 2, 1]);
    expect(consumer.status().lastFailure?.attempts).to.be.above(2);
    await consumers.close();
    await store.close();
  });

  it('handle as many events in one call as their page size says, also more than 500', async () => {
    const { store, kept } = memory();
    for (let count = 0; count < 1300; count++) await append(store);
    const consumers = new Consumers({ store: 'a store', backend: kept, events: store.eventStore });
    const sizes: number[] = [];
    consumers.consume({ name: 'large', pageSize: 1200, handle: (events) => void sizes.push(events.length) });
    await until(() => sizes.reduce((sum, size) => sum + size, 0) === 1300);
    expect(sizes).to.deep.equal([1200, 100]);
    await consumers.close();
    await store.close();
  });

  it('are stopped by a damaged record only if it is their own', async () => {
    const { store, kept } = memory();
    const damaged = new Fault('store-damaged', { store: 'a store', problem: 'a record can’t be read' });
    const backend: ConsumerBackend = {
      lookUp: async (names) => {
        if (names.includes('damaged')) throw damaged;
        return kept.lookUp(names);
      },
      put: (...record) => kept.put(...record),
      beat: (...beat) => kept.beat(...beat),
      forget: (session) => kept.forget(session),
    };
    const consumers = new Consumers({ store: 'a store', backend, events: store.eventStore });
    const handle = (): void => undefined;
    const other = consumers.consume({ name: 'damaged', handle });
    const whole = consumers.consume({ name: 'whole', handle });
    await append(store);
    const head = await store.eventStore.head();
    await until(() => whole.status().position === head || whole.status().lastFailure !== undefined);
    expect(whole.status().lastFailure).to.equal(undefined);
    await until(() => other.status().lastFailure !== undefined);
    expect(other.status()).to.deep.include({ state: 'retrying', position: undefined });
    expect(other.status().lastFailure?.error).to.equal(damaged);
    await consumers.close();
    await store.close();
  });

  it('report each call and their state to an observer', async () => {
    const seen: Observation[] = [];
    const store = openMemoryStore({ observe: (observation) => seen.push(observation) });
    await append(store);
    let calls = 0;
    store.consume({
      name: 'observed',
      handle: () => {
        calls += 1;
        if (calls === 1) throw new Error('once');
      },
    });
    await until(() => seen.some(({ type }) => type === 'consumer') && calls === 2);
    const handled = seen.flatMap((one) => (one.type === 'handled' ? [[one.consumer, one.outcome, one.events]] : []));
    expect(handled).to.deep.equal([
      ['observed', 'failed', 1],
      ['observed', 'handled', 1],
    ]);
    await store.close();
  });
});

function memory(): { readonly store: Store; readonly kept: MemoryConsumers } {
  const store = openMemoryStore();
  // Any position counts: what is lost here is answers.
  return { store, kept: new MemoryConsumers({ has: () => true, head: START }) };
}

function lost(): Fault<'store-unavailable'> {
  return new Fault('store-unavailable', { store: 'a store', problem: 'the answer was lost' });
}

const nextId = monotonicIds();

async function append(store: Store): Promise<void> {
  await store.eventStore.append({
    streamId: streamId('Tally', 'a'),
    expected: 'any',
    events: [newEvent({ id: nextId() })],
  });
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}
