import { CommandHandler, ProjectionRunner, type Store, streamId } from '@login-policy/event-sourcing';
import { memoryReadModelStore } from '@login-policy/event-sourcing/store';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import {
  counter,
  counterEvents,
  counterTotals,
  type CounterEvent,
  type CounterRow,
  paced,
} from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { Double } from './double/double.js';
import { UNAVAILABLE } from './double/status.js';

const CONTEXT = { actor: 'tester', correlationId: 'projections' };
const STREAMS = 6;
const ROUNDS = 25;

describe('two projection runners on one read model beside EventStoreDB', () => {
  let double: Double;
  let stores: readonly Store[];
  let followers: readonly ProjectionRunner<CounterEvent, CounterRow>[];

  beforeEach(async () => {
    double = await Double.startBehindWire();
    const readModels = memoryReadModelStore();
    stores = [1, 2].map(() =>
      connectEventStoreDb(double.url, { readModels, timeouts: { probeMs: 30, stallMs: paced(200) } }),
    );
    followers = await Promise.all(stores.map((store) => ProjectionRunner.open({ store, projection: counterTotals })));
  });

  afterEach(async () => {
    await Promise.all(followers.map((follower) => follower.close()));
    await Promise.all(stores.map((store) => store.close()));
    await double.stop();
  });

  it('let each writer read its own writes, and never leave wrong rows, while connections break', async () => {
    const handlers = stores.map(
      ({ eventStore }) => new CommandHandler({ eventStore, decider: counter, events: counterEvents }),
    );
    double.script.plan('read', { after: 7, do: 'end', end: UNAVAILABLE }, { times: 6 });
    double.script.plan('batch-append', { do: 'cut' }, { skip: 40 });
    const totals = Array.from({ length: STREAMS }, async (_, index) => {
      const stream = streamId('Counter', String(index));
      for (let by = 1; by <= ROUNDS; by++) {
        const handler = handlers[by % 2];
        const handled = await handler?.handle(stream, { type: 'Count', data: { by } }, CONTEXT);
        if (handled?.outcome !== 'accepted') throw new Error('a command was refused');
        const found = await followers[index % 2]?.read([stream], { atLeast: handled.position });
        const row = found?.rows.get(stream);
        expect(row?.total).to.equal((by * (by + 1)) / 2);
        expect(row?.revision).to.equal(BigInt(by - 1));
      }
    });
    await Promise.all(totals);
    expect(double.script.struck).to.be.greaterThan(4);
  });
});
