import {
  Fault,
  type Projection,
  ProjectionRunner,
  type RecordedEvent,
  START,
  type Store,
  streamId,
} from '@login-policy/event-sourcing';
import { memoryReadModelStore, ordinalOf, positionOf, type ReadModelStore } from '@login-policy/event-sourcing/store';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { counterTotals, countersInOrder, paced, type CounterEvent, type CounterRow } from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { setTimeout as sleep } from 'node:timers/promises';
import { Double } from './double/double.js';
import { writeSystemEvent } from './double/event-log.js';
import { appendOf } from './events.js';

const [STREAM, ELSEWHERE] = [streamId('Counter', 'one'), streamId('Other', 'one')];
const PROBE_MS = 50;

type Runner = ProjectionRunner<CounterEvent, CounterRow>;

describe('all that follow a store', () => {
  let double: Double;
  let store: Store;
  let closings: (() => Promise<void>)[];
  let handled: RecordedEvent[];

  beforeEach(async () => {
    double = await Double.start();
    store = connectEventStoreDb(double.url, { timeouts: { probeMs: PROBE_MS } });
    [closings, handled] = [[], []];
  });

  afterEach(async () => {
    for (const close of closings) await close();
    await store.close();
    await double.stop();
  });

  /** Two read models, two consumers and a subscription. */
  async function follow(): Promise<void> {
    for (const projection of [counterTotals, countersInOrder]) {
      const follower = await ProjectionRunner.open({ store, projection });
      closings.push(() => follower.close());
      await follower.catchUp();
    }
    const handle = (events: readonly RecordedEvent[]): void => void handled.push(...events);
    for (const name of ['one', 'two']) {
      const consumer = store.consume({ name, handle, filter: { categories: ['Counter'] } });
      closings.push(() => consumer.close());
    }
    while (handled.length < 2) await sleep(5);
  }

  async function readsPerTurn(during: () => void = () => undefined): Promise<number> {
    const [before, begun] = [double.logReads, performance.now()];
    for (let turn = 0; turn < 30; turn++) {
      during();
      await sleep(PROBE_MS);
    }
    const reads = (double.logReads - before) / ((performance.now() - begun) / PROBE_MS);
    if (process.env['PRINT_CALLS'] !== undefined)
      process.stdout.write(`${reads.toFixed(2)} reads of the log each turn\n`);
    return reads;
  }

  it('get events that none of them can change for the others', async () => {
    const seen: string[] = [];
    for (const name of ['careless', 'as careless']) {
      const handle = ([event]: readonly RecordedEvent[]): void => {
        seen.push(JSON.stringify([event?.type, event?.data, event?.metadata.actor]));
        for (const part of [event, event?.data, event?.metadata]) if (part) Reflect.set(part, 'actor', 'somebody else');
        if (event) Reflect.set(event, 'type', 'SomethingElse');
      };
      const consumer = store.consume({ name, handle, filter: { categories: ['Counter'] }, pageSize: 1 });
      closings.push(() => consumer.close());
    }
    const another = connectEventStoreDb(double.url);
    closings.push(() => another.close());
    for (let count = 1; count <= 5; count++) {
      await another.eventStore.append(appendOf(STREAM, 1));
      while (seen.length < 2 * count) await sleep(5);
    }
    expect(new Set(seen)).to.deep.equal(new Set(['["Counted",{"by":1},"tester"]']));
  });

  it('cost the server one call each time together, its neighbours quiet or busy', async () => {
    await store.eventStore.append(appendOf(STREAM, 1));
    await follow();
    await sleep(4 * PROBE_MS);
    expect(await readsPerTurn(), 'quiet').to.be.lessThan(1.5);
    expect(await readsPerTurn(() => writeSystemEvent(double.log)), 'busy').to.be.lessThan(1.5);
  });

  describe('go on, and cost one call each time, beside one', () => {
    beforeEach(async () => {
      await store.eventStore.append(appendOf(STREAM, 1));
      await follow();
    });

    it('that stands still before an event it can’t reduce', async () => {
      const stopped = await openRunner({ ...counterTotals, name: 'stopping', reduce: () => failing('no such event') });
      await store.eventStore.append(appendOf(STREAM, 1));
      await reached(stopped, 'stopped');
      await expectToGoOn();
    });

    it('whose rows’ database is away', async () => {
      const database = { isAway: false };
      const away = await openRunner({ ...counterTotals, name: 'away' }, leavable(database));
      await away.catchUp();
      database.isAway = true;
      await store.eventStore.append(appendOf(STREAM, 1));
      await reached(away, 'retrying');
      await expectToGoOn();
      database.isAway = false;
      away.resume();
      expect((await away.read([STREAM])).rows.get(STREAM)).to.include({ total: 3 });
    });

    it('whose rows are of another history', async () => {
      const readModels = memoryReadModelStore();
      const restore = double.log.backUp();
      const [lost] = await store.eventStore.append(appendOf(ELSEWHERE, 1));
      restore();
      const projection = { ...counterTotals, name: 'lost' };
      const model = await readModels.open(projection);
      await model.commit({ expected: undefined, checkpoint: lost?.position ?? START, rows: new Map() });
      const runner = await openRunner(projection, readModels);
      await expectToGoOn();
      await reached(runner, 'following');
    });

    it('that has a page and does not take the next', async () => {
      const messages = store.eventStore.subscribe({ after: START })[Symbol.asyncIterator]();
      await messages.next();
      await expectToGoOn();
      await messages.return?.();
    });

    it('that handles what it is given for long', async () => {
      let done = (): void => undefined;
      const handling = new Promise<void>((resolve) => (done = resolve));
      const consumer = store.consume({ name: 'slow', handle: () => handling });
      closings.push(() => consumer.close());
      await expectToGoOn();
      done();
    });
  });

  it('read again at once where a caller waits, also while a read is under way', async () => {
    await store.close();
    store = connectEventStoreDb(double.url, { timeouts: { probeMs: 600_000 } });
    const other = connectEventStoreDb(double.url);
    closings.push(() => other.close());
    const runner = await openRunner(counterTotals);
    await runner.catchUp();
    for (let count = 1; count <= 20; count++) {
      const [written] = await other.eventStore.append(appendOf(STREAM, 1));
      const { rows } = await runner.read([STREAM], { atLeast: written?.position, waitMs: 2000 });
      expect(rows.get(STREAM)).to.include({ total: count });
    }
  });

  it('reach what another process wrote to a stream that their filter does not want', async () => {
    const other = connectEventStoreDb(double.url);
    closings.push(() => other.close());
    await store.eventStore.append(appendOf(STREAM, 1));
    const runner = await openRunner(counterTotals);
    for (let count = 1; count <= 5; count++) {
      await runner.read([STREAM]);
      const [written] = await other.eventStore.append(appendOf(ELSEWHERE, 1));
      await runner.read([STREAM], { atLeast: written?.position, waitMs: 1500 });
    }
  });

  it('take up rows where another process has left them, one call each time, each process', async () => {
    const readModels = memoryReadModelStore();
    const other = connectEventStoreDb(double.url, { timeouts: { probeMs: PROBE_MS } });
    closings.push(() => other.close());
    const runners: Runner[] = [];
    for (const process of [store, other]) {
      const runner = await ProjectionRunner.open({ store: { ...process, readModels }, projection: countersInOrder });
      closings.unshift(() => runner.close());
      runners.push(runner);
    }
    for (let count = 1; count <= 10; count++) {
      const writer = count % 2 === 0 ? store : other;
      const [written] = await writer.eventStore.append(appendOf(STREAM, 1));
      for (const runner of runners) {
        const { rows } = await runner.read([STREAM], { atLeast: written?.position });
        expect(rows.get(STREAM)).to.include({ total: count });
      }
    }
    await sleep(4 * PROBE_MS);
    expect(await readsPerTurn(), 'of both').to.be.lessThan(2.6);
  });

  it('build rows anew that another process has moved to a place which is not in the log', async () => {
    await store.eventStore.append(appendOf(STREAM, 1));
    const readModels = memoryReadModelStore();
    const runner = await openRunner(counterTotals, readModels);
    const expected = await runner.catchUp();
    const model = await readModels.open(counterTotals);
    const rows = new Map([[ELSEWHERE, (await model.read([STREAM])).rows.get(STREAM)]]);
    await model.commit({ expected, checkpoint: positionOf(ordinalOf(expected) + 1n, 7), rows });
    for (let count = 2; count <= 3; count++) await store.eventStore.append(appendOf(STREAM, 1));
    // Until they are, they are refused.
    const read = (): ReturnType<Runner['read']> => runner.read([STREAM, ELSEWHERE]);
    let found = await read().catch(() => undefined);
    for (; found === undefined; found = await read().catch(() => undefined)) await sleep(5);
    expect([...found.rows.keys()]).to.deep.equal([STREAM]);
    expect(found.rows.get(STREAM)).to.include({ total: 3 });
  });

  it('learn of the close of the store at once', async () => {
    await store.close();
    store = connectEventStoreDb(double.url, { timeouts: { probeMs: 600_000 } });
    const runner = await openRunner(counterTotals);
    await runner.catchUp();
    const subscription = store.eventStore.subscribe()[Symbol.asyncIterator]();
    await subscription.next();
    const next = subscription.next().catch((caught: unknown) => caught);
    await store.close();
    expect(await next).to.have.property('code', 'store-closed');
    await reached(runner, 'stopped');
  });

  async function openRunner(
    projection: Projection<CounterEvent, CounterRow>,
    readModels: ReadModelStore = store.readModels,
  ): Promise<Runner> {
    const runner = await ProjectionRunner.open({ store: { ...store, readModels }, projection });
    closings.push(() => runner.close());
    return runner;
  }

  async function reached(runner: Runner, state: Runner['state']['is']): Promise<void> {
    while (runner.state.is !== state) await sleep(5);
  }

  /** The consumers hear of a new event within two turns, and the turns cost what they did. */
  async function expectToGoOn(): Promise<void> {
    // Until then, it may come back.
    await sleep(1200);
    // One whose database is away asks again now and then, and turns are short here.
    expect(await readsPerTurn()).to.be.lessThan(1.5);
    const before = handled.length;
    const at = performance.now();
    await store.eventStore.append(appendOf(STREAM, 1));
    while (handled.length < before + 2) await sleep(5);
    expect(performance.now() - at).to.be.lessThan(paced(6 * PROBE_MS));
  }
});

function failing(problem: string): never {
  throw new Error(problem);
}

/** Read models in a database that can be away. */
function leavable(database: { readonly isAway: boolean }): ReadModelStore {
  const memory = memoryReadModelStore();
  const open: ReadModelStore['open'] = async (definition) => {
    const model = await memory.open(definition);
    const commit: typeof model.commit = async (change, wait) => {
      if (database.isAway) throw new Fault('store-unavailable', { store: 'rows', problem: 'it is away' });
      return model.commit(change, wait);
    };
    return {
      read: (keys, wait) => model.read(keys, wait),
      query: (query, wait) => model.query(query, wait),
      keys: (query, wait) => model.keys(query, wait),
      count: (query, wait) => model.count(query, wait),
      checkpoint: (wait) => model.checkpoint(wait),
      commit,
      changed: (signal) => model.changed(signal),
      beginRebuild: (wait) => model.beginRebuild(wait),
    };
  };
  return { open, close: () => memory.close() };
}
