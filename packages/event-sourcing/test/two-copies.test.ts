import {
  Fault,
  isFault,
  openMemoryStore,
  ProjectionRunner,
  type RecordedEvent,
  type Store,
  streamId,
  UnreadableRow,
} from '@login-policy/event-sourcing';
import type { ReadModelStore } from '@login-policy/event-sourcing/store';
import type * as eventSourcing from '@login-policy/event-sourcing';
import { COUNTER_CATEGORY, counterTotals, PARITY, type CounterEvent, type CounterRow } from '@login-policy/testkit';
import { anotherCopy, storeContract } from '@login-policy/testkit/contracts';
import { expect } from 'chai';
import { after, describe, it } from 'mocha';
import { newEvent } from './events.js';

const copy = anotherCopy(['@login-policy/event-sourcing'], import.meta.url);
const other: typeof eventSourcing = await import(copy.url('@login-policy/event-sourcing'));

after(() => copy.remove());

/** A store in which another copy made the placeholders. */
function withForeignPlaceholders(store: Store): Store {
  const foreign = <Row>(row: Row): Row => {
    if (row instanceof UnreadableRow) Object.setPrototypeOf(row, other.UnreadableRow.prototype);
    return row;
  };
  const open: ReadModelStore['open'] = (projection) =>
    store.readModels.open({ ...projection, reduce: (row, event) => foreign(projection.reduce(row, event)) });
  return { ...store, readModels: { open, close: () => store.readModels.close() } };
}

storeContract(
  {
    name: 'memory, with the placeholders of another copy',
    readModelUpdates: 'inline',
    open: async (options) => {
      let opened = openMemoryStore(options);
      const another = async (): Promise<Store> => withForeignPlaceholders(opened);
      return {
        store: await another(),
        another,
        async reopen() {
          const history: RecordedEvent[] = [];
          for await (const page of opened.eventStore.readAll()) history.push(...page);
          await opened.close();
          opened = openMemoryStore({ ...options, history });
          return another();
        },
        dispose: () => opened.close(),
      };
    },
  },
  { describe, it },
);

const newer = streamId(COUNTER_CATEGORY, 'newer');
const broken = streamId(COUNTER_CATEGORY, 'broken');
const unstorable = streamId(COUNTER_CATEGORY, 'unstorable');
const fine = streamId(COUNTER_CATEGORY, 'fine');
const projection: typeof counterTotals = {
  ...counterTotals,
  index(row) {
    if (row.total === 15) throw new RangeError('fifteen cannot be indexed');
    return counterTotals.index?.(row) ?? {};
  },
};

/** Everything a runner says of its rows. */
async function seenBy(runner: Pick<ProjectionRunner<CounterEvent, CounterRow>, 'query' | 'read' | 'unreadable'>) {
  const { rows, unreadable } = await runner.read([newer, broken, unstorable, fine]);
  const faults = [...unreadable].map(([key, fault]) => [key, fault.code]);
  const odd = await runner.query({ index: PARITY, value: 'odd' });
  const listed = await runner.unreadable();
  return {
    rows: [...rows.keys()],
    faults,
    odd: odd.rows.map(({ key, row }) => [key, row instanceof UnreadableRow, row instanceof other.UnreadableRow]),
    listed: listed.rows.map(({ key, row }) => [key, row.kind]),
  };
}

describe('two copies of the kernel on one store', () => {
  it('read the same rows, whichever made them', async () => {
    const store = openMemoryStore();
    const runners = [
      await other.ProjectionRunner.open({ store, projection }),
      await ProjectionRunner.open({ store, projection }),
    ];
    for (const [stream, content] of [
      [newer, { type: 'CountedAnew' }],
      [broken, { data: {} }],
      [unstorable, { data: { by: 13 } }],
      [fine, {}],
    ] as const) {
      const events = [newEvent(), newEvent(content), newEvent()];
      await store.eventStore.append({ streamId: stream, expected: 'any', events });
    }
    const seen = {
      rows: [fine],
      faults: [
        [newer, 'written-by-newer-program'],
        [broken, 'unreadable-event'],
        [unstorable, 'unreadable-event'],
      ],
      odd: [broken, fine, newer].map((key) => [key, key !== fine, key !== fine]),
      listed: [broken, newer, unstorable].map((key) => [
        key,
        key === newer ? 'written-by-newer-program' : 'unreadable-event',
      ]),
    };
    for (const rebuilding of [undefined, ...runners]) {
      await rebuilding?.rebuild();
      for (const runner of runners) expect(await seenBy(runner)).to.deep.equal(seen);
    }
    for (const runner of runners) await runner.close();
    await store.close();
  });

  it('know faults of both', () => {
    const faults = [Fault, other.Fault].map((type) => new type('store-closed', { store: 'a store' }));
    for (const fault of faults) {
      expect([fault instanceof Fault, fault instanceof other.Fault]).to.deep.equal([true, true]);
      expect([isFault(fault, 'store-closed'), other.isFault(fault)]).to.deep.equal([true, true]);
    }
  });

  it('keep the classes that others derive from them apart', () => {
    class Derived extends Fault<'store-closed'> {}
    expect(new Fault('store-closed', { store: 'a store' })).not.to.be.instanceOf(Derived);
    expect(new Derived('store-closed', { store: 'a store' }))
      .to.be.instanceOf(Derived)
      .and.instanceOf(other.Fault);
  });
});
