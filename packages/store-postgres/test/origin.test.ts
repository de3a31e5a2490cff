import { isFault, Projector, type Projection, type RecordedEvent } from '@login-policy/event-sourcing';
import { counterTotals, type CounterEvent, type CounterRow } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { appendTo } from './sample.js';
import { onStorage, storages, type Storage } from './stores.js';

const freshStorage = storages();

/** Looks at who did it although it says that it never would. */
const liar: Projection<CounterEvent, CounterRow> = {
  ...counterTotals,
  origin: 'not-looked-at',
  reduce: (row, event) => counterTotals.reduce(event.metadata.actor === 'tester' ? row : undefined, event),
};

async function isStopped(promise: Promise<unknown>): Promise<boolean> {
  return promise.then(
    () => false,
    (fault: unknown) =>
      isFault(fault, 'projection-stopped') && fault.message.includes('the metadata of this event was'),
  );
}

const onThreeEvents = (test: (storage: Storage) => Promise<void>): Promise<void> =>
  onStorage(freshStorage(), async (storage) => {
    const { eventStore } = await storage.open();
    for (const name of ['a', 'b', 'a']) await eventStore.append(appendTo(name));
    await test(storage);
  });

describe('the origin of events on PostgreSQL', () => {
  it('is not read where it is left out', () =>
    onThreeEvents(async (storage) => {
      const { eventStore } = await storage.open();
      const read: RecordedEvent[] = [];
      for await (const page of eventStore.readAll({ origin: 'left-out' })) read.push(...page);
      expect(read).to.have.length(3);
      for (const event of read) {
        expect(() => event.id).to.throw('was left out');
        expect(() => event.metadata).to.throw('was left out');
      }
    }));

  it('stops a projection that said it would not look at it, and did', () =>
    onThreeEvents(async (storage) => {
      const projector = new Projector({ ...(await storage.open()), projection: liar });
      expect(await isStopped(projector.catchUp())).to.equal(true);
    }));

  it('stops such a projection as well where the store is opened with it inline', () =>
    onThreeEvents(async (storage) => {
      const opened = storage.open({ models: [liar] });
      const written = opened.then(({ eventStore }) => eventStore.append(appendTo('a')));
      expect(await isStopped(written)).to.equal(true);
    }));
});
