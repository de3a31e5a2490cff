import {
  ProjectionRunner,
  isFault,
  revision,
  streamId,
  type EventStore,
  type Store,
} from '@login-policy/event-sourcing';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { counterTotals, paced } from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { Double } from './double/double.js';
import { anew, appendOf, newEvents } from './events.js';

const STREAM = streamId('Counter', 'one');
const receipt = { key: 'k', fingerprint: 'f' };

/** Every call to the server of an answer is ended early in one of the runs. */
const MOST_CALLS = 6;

describe('an answer of which EventStoreDB ends a read early, as if all were well', () => {
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
  function another(probeMs = 500): Store {
    const store = connectEventStoreDb(double.url, { timeouts: { probeMs, retryMs: 600_000 } });
    stores.push(store);
    return store;
  }

  /** What is answered in each run: it must always be the same. */
  async function answers<Answer>(after: number, ask: (store: Store) => Promise<Answer>): Promise<ReadonlySet<Answer>> {
    const given = new Set<Answer>();
    for (let skip = 0; skip < MOST_CALLS; skip++) {
      double.script.clear();
      const store = another();
      double.script.plan('read', { after, do: 'end', end: undefined }, { skip });
      given.add(await ask(store));
    }
    return given;
  }

  /** Another program's record after those of the store. */
  const writeForeign = (): unknown => double.log.write('foreign', anew(double.log.records[0]));

  for (const after of [0, 1]) {
    it(`names the last event, after ${after} records`, async () => {
      const recorded = await another().eventStore.append(appendOf(STREAM, 2));
      writeForeign();
      const head = recorded.at(-1)?.position;
      expect(await answers(after, ({ eventStore }) => eventStore.head())).to.deep.equal(new Set([head]));
    });

    it(`finds the rows of an event that is there, after ${after} records`, async () => {
      await another().eventStore.append(appendOf(STREAM, 1));
      writeForeign();
      expect(await answers(after, totalOf)).to.deep.equal(new Set([1]));
    });

    it(`finds the receipt of a command without events, after ${after} records`, async () => {
      await storeReceipt(another().eventStore);
      writeForeign();
      const keys = async ({ eventStore }: Store): Promise<unknown> => (await eventStore.receipt(STREAM, 'k'))?.key;
      expect(await answers(after, keys)).to.deep.equal(new Set(['k']));
      expect(await answers(after, allKeysOf)).to.deep.equal(new Set(['k']));
    });
  }

  it('counts an event of another program before rows are shown to be at the head', async () => {
    await another().eventStore.append(appendOf(STREAM, 1));
    // The subscription does not tell, so only the read itself can know.
    double.script.plan('subscription', { after: 0, do: 'stall' }, { times: 100 });
    const runner = await ProjectionRunner.open({ store: another(60_000), projection: counterTotals, maxAgeMs: 0 });
    const read = async (waitMs: number): Promise<unknown> =>
      (await runner.read([STREAM], { waitMs })).rows.get(STREAM)?.total;
    expect(await read(600_000)).to.equal(1);
    for (let total = 2; total < 5; total++) {
      double.log.write(STREAM, anew(double.log.stream(STREAM)[0]));
      double.script.plan('read', { after: 1, do: 'end', end: undefined }, { times: 2 });
      const answer = await read(paced(100)).catch((error: unknown) => isFault(error) && error.code);
      expect(answer).to.be.oneOf([total, 'projection-behind']);
    }
    await runner.close();
  });
});

async function storeReceipt(eventStore: EventStore): Promise<void> {
  await eventStore.append(appendOf(STREAM, 1));
  await eventStore.append({ streamId: STREAM, expected: revision(0), events: newEvents(0), receipt });
}

async function totalOf(store: Store): Promise<number | undefined> {
  const runner = await ProjectionRunner.open({ store, projection: counterTotals });
  try {
    return (await runner.read([STREAM], { waitMs: 600_000 })).rows.get(STREAM)?.total;
  } finally {
    await runner.close();
  }
}

async function allKeysOf({ eventStore }: Store): Promise<unknown> {
  const keys: string[] = [];
  for await (const page of eventStore.receipts?.() ?? []) keys.push(...page.map(({ key }) => key));
  return keys.join();
}
