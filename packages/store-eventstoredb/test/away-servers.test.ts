import { ProjectionRunner, type Store, streamId } from '@login-policy/event-sourcing';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { counterTotals, type CounterEvent, type CounterRow, paced } from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { setTimeout as sleep } from 'node:timers/promises';
import { Double } from './double/double.js';
import { UNAVAILABLE } from './double/status.js';
import { appendOf, faultOf } from './events.js';

const STREAM = streamId('Counter', 'one');

describe('while EventStoreDB is away', () => {
  let double: Double;
  let store: Store;
  let closings: (() => Promise<void>)[];

  beforeEach(async () => {
    double = await Double.startBehindWire();
    // Reads that are retried inside the store are retried for longer than any of these tests takes.
    store = connectEventStoreDb(double.url, { timeouts: { probeMs: 30, retryMs: 600_000 } });
    await store.eventStore.append(appendOf(STREAM, 1));
    closings = [];
  });

  afterEach(async () => {
    await Promise.all(closings.map((close) => close()));
    await store.close();
    await double.stop();
  });

  async function open(): Promise<ProjectionRunner<CounterEvent, CounterRow>> {
    const runner = await ProjectionRunner.open({ store, projection: counterTotals });
    closings.push(() => runner.close());
    return runner;
  }

  it('a read model says so from the first read that fails, since when and why, and when it is back', async () => {
    const runner = await open();
    await runner.catchUp();
    const awayAt = Date.now();
    double.wire.refuse();
    const { fault, since } = await retrying(runner);
    expect(since.getTime() - awayAt).to.be.within(-1, paced(1000));
    expect(fault.code).to.equal('store-unavailable');
    // The next attempts fail, too: it is away since the first.
    await sleep(500);
    expect(runner.state).to.deep.include({ is: 'retrying', since });
    double.wire.admit();
    await until(() => runner.state.is === 'following', 10_000);
    expect(await runner.lag()).to.include({ events: 0 });
  });

  it('a read model says so where only reads of the log fail', async () => {
    const runner = await open();
    await runner.catchUp();
    double.script.plan('read', { after: 0, do: 'end', end: UNAVAILABLE }, { times: Infinity });
    expect((await retrying(runner)).fault.message).to.contain('reading the log ended with status 14');
    double.script.clear();
    await until(() => runner.state.is === 'following', 10_000);
  });

  it('a read model that was never built says so, too', async () => {
    await store.close();
    double.wire.refuse();
    store = connectEventStoreDb(double.url, { timeouts: { probeMs: 30, retryMs: 600_000 } });
    const openedAt = Date.now();
    const runner = await open();
    const { fault, since } = await retrying(runner);
    expect(since.getTime() - openedAt).to.be.within(-1, paced(1000));
    expect(fault.code).to.equal('store-unavailable');
    double.wire.admit();
    await until(() => runner.state.is === 'following', 10_000);
    expect((await runner.read([STREAM])).rows.get(STREAM)).to.include({ total: 1 });
  });

  it('a consumer says so, and goes on when it is back', async () => {
    const handled: unknown[] = [];
    const consumer = store.consume({ name: 'one', handle: (events) => void handled.push(...events) });
    closings.push(() => consumer.close());
    await until(() => handled.length === 1 && consumer.status().lag === 0);
    double.wire.refuse();
    await until(() => consumer.status().state === 'retrying');
    double.wire.admit();
    await until(() => consumer.status().state === 'working', 10_000);
    await store.eventStore.append(appendOf(STREAM, 1));
    await until(() => handled.length === 2);
  });

  it('a subscription is rejected at the first read that fails, and another goes on from where it was', async () => {
    const messages = store.eventStore.subscribe()[Symbol.asyncIterator]();
    const first = await messages.next();
    await messages.next();
    const next = messages.next();
    double.wire.refuse();
    expect((await faultOf(next)).code).to.equal('store-unavailable');
    double.wire.admit();
    const recorded = await store.eventStore.append(appendOf(STREAM, 1));
    const again = store.eventStore
      .subscribe(first.done === true ? {} : { after: first.value.position })
      [Symbol.asyncIterator]();
    expect((await again.next()).value).to.deep.include({ kind: 'events', events: recorded });
    await again.return?.();
  });
});

type Retrying = Extract<ProjectionRunner<CounterEvent, CounterRow>['state'], { is: 'retrying' }>;

async function retrying(runner: Pick<ProjectionRunner<CounterEvent, CounterRow>, 'state'>): Promise<Retrying> {
  await until(() => runner.state.is === 'retrying');
  if (runner.state.is !== 'retrying') throw new Error(`it is ${runner.state.is}`);
  return runner.state;
}

async function until(isSo: () => boolean, withinMs = 2000): Promise<void> {
  const begun = performance.now();
  while (!isSo()) {
    expect(performance.now() - begun, isSo.toString()).to.be.lessThan(paced(withinMs));
    await sleep(5);
  }
}
