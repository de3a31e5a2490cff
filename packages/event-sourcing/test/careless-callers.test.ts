import {
  accept,
  CommandHandler,
  Deadline,
  type EventStore,
  monotonicIds,
  openMemoryStore,
  ProjectionRunner,
  type RecordedEvent,
  START,
  streamId,
  type EventId,
} from '@login-policy/event-sourcing';
import { type Append, MemoryBackend, ordinalOf, storeOn } from '@login-policy/event-sourcing/store';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { UnreadablePage } from '#insides';
import { careless } from './careless.js';
import { newEvent } from './events.js';
import { codeOf, faultOf } from './followed.js';
import { tallies, tally, tallyEvents, type TallyEvent } from './tally.js';

const [a, b] = [streamId('tally', 'a'), streamId('tally', 'b')];
/** What plain JavaScript passes for a signal. */
const controller = careless<AbortSignal>(new AbortController());

function appendOf(members: Partial<Append> = {}): Append {
  return { streamId: a, expected: 'any', events: [newEvent({ type: 'Raised', data: { by: 1 } })], ...members };
}

async function logOf(store: EventStore): Promise<readonly RecordedEvent[]> {
  const log: RecordedEvent[] = [];
  for await (const page of store.readAll()) log.push(...page);
  return log;
}

describe('a caller who passes a controller for its signal', () => {
  it('is refused before the append is queued', async () => {
    const { eventStore } = storeOn(new MemoryBackend('a store', { form: 'text' }), {
      most: { appends: 10, size: Infinity },
      gather: async () => undefined,
    });
    expect(await faultOf(eventStore.append(appendOf({ signal: controller })))).to.be.instanceOf(RangeError);
    await eventStore.append(appendOf({ streamId: b }));
    expect((await logOf(eventStore)).map((event) => event.streamId)).to.deep.equal([b]);
  });

  it('is refused before the command is carried out', async () => {
    const { eventStore } = openMemoryStore();
    const handler = new CommandHandler({ eventStore, decider: tally, events: tallyEvents });
    const handled = handler.handle(a, { type: 'raise', by: 1 }, { actor: 'tester', signal: controller });
    expect(await faultOf(handled)).to.be.instanceOf(RangeError);
    expect(await logOf(eventStore)).to.deep.equal([]);
  });
});

describe('a clock or a source of ids that answers wrongly', () => {
  const handled = (options: { readonly clock?: unknown; readonly ids?: unknown }): Promise<unknown> => {
    const { eventStore } = openMemoryStore({ clock: careless(options.clock ?? Date.now) });
    const ids = careless<() => EventId>(options.ids ?? monotonicIds());
    const handler = new CommandHandler({ eventStore, decider: tally, events: tallyEvents, ids });
    const raised = () => handler.handle(a, { type: 'raise', by: 1 }, { actor: 'tester' });
    return raised().then(raised);
  };

  it('is named', async () => {
    const clock = 'RangeError: clock must return whole milliseconds since 1970, as Date.now() does, not ';
    for (const [answer, name] of [
      [undefined, 'undefined'],
      [Date.now() / 1000 + 0.5, ''],
      [new Date(), 'an object'],
      [Promise.resolve(1), 'a promise'],
    ] as const)
      expect(String(await faultOf(handled({ clock: () => answer })))).to.contain(`${clock}${name}`);
    const ids = 'RangeError: ids must return a ULID, a new one at each call, not ';
    for (const [answer, name] of [
      [undefined, 'undefined'],
      ['4711', '"4711"'],
      [Promise.resolve('x'), 'a promise'],
      ['01JDZZZZZZZZZZZZZZZZZZZZZZ', '"01JDZZZZZZZZZZZZZZZZZZZZZZ"'],
    ] as const)
      expect(String(await faultOf(handled({ ids: () => answer })))).to.contain(`${ids}${name}`);
  });
});

describe('what is an instance of a class', () => {
  const instanceOf = <Given extends object>(above: Given, own: Partial<Given> = {}): Given =>
    Object.assign(Object.create(above), own);

  it('keeps the conditions of an append that it inherits', async () => {
    const { eventStore } = openMemoryStore();
    const receipt = { key: 'key', fingerprint: 'f' };
    await eventStore.append(instanceOf(appendOf({ receipt })));
    const [first] = await logOf(eventStore);
    const unmet: readonly Partial<Append>[] = [
      { expected: 'no-stream' },
      { expectedEventId: newEvent().id },
      { receipt },
      { signal: AbortSignal.abort() },
    ];
    const codes: string[] = [];
    for (const condition of unmet) {
      const append = instanceOf(appendOf(condition), { streamId: a, events: [newEvent()] });
      codes.push(await codeOf(eventStore.append(append)));
    }
    expect(codes).to.deep.equal(['revision-conflict', 'revision-conflict', 'receipt-exists', 'deadline-exceeded']);
    expect(await logOf(eventStore)).to.deep.equal([first]);
  });

  it('is refused as the options of a read and as a query, whose copies would lose what it inherits', async () => {
    const { eventStore, readModels } = openMemoryStore();
    const model = await readModels.open(tallies());
    const options = instanceOf({ upTo: START, filter: { categories: ['tally'] }, pageSize: 1 });
    const query = instanceOf({ index: 'parity', value: 'odd' });
    const runner = await ProjectionRunner.open({ store: openMemoryStore(), projection: tallies() });
    const next = (pages: AsyncIterable<unknown> | undefined) => async () => pages?.[Symbol.asyncIterator]().next();
    for (const call of [
      () => next(eventStore.readStream(a, options))(),
      () => next(eventStore.readAll(options))(),
      () => next(eventStore.readStreams?.(options))(),
      () => next(eventStore.subscribe(options))(),
      () => model.query(query),
      () => model.keys(query),
      () => model.count(query),
      () => runner.unreadable(instanceOf<UnreadablePage>({ kind: 'stray-stream' })),
    ])
      expect(await faultOf((async () => call())()), String(call)).to.be.instanceOf(RangeError);
    await runner.close();
  });
});

describe('an append without a known expectation', () => {
  it('is refused, because it would pass on an empty stream only', async () => {
    const { eventStore } = openMemoryStore();
    for (const expected of [undefined, null, 0, 'none'])
      expect(await faultOf(eventStore.append(appendOf({ expected: careless<'any'>(expected) })))).to.be.instanceOf(
        RangeError,
      );
    expect(await logOf(eventStore)).to.deep.equal([]);
  });
});

describe('a time to wait', () => {
  it('is a number', () => {
    for (const waitMs of [Number.NaN, careless<number>('20')])
      expect(() => new Deadline('a test', { waitMs })).to.throw(RangeError, 'waitMs must be');
  });
});

describe('the state of a stream without events', () => {
  it('is not changed by an evolve that changes what it is given', async () => {
    const { eventStore } = openMemoryStore();
    const initial: { items: number[] } = { items: [] };
    const handler = new CommandHandler<{ readonly by: number }, TallyEvent, { items: number[] }, never>({
      eventStore,
      events: tallyEvents,
      decider: {
        initial,
        evolve(state, { data }) {
          state.items.push(data.by);
          return state;
        },
        decide: ({ by }) => accept({ type: 'Raised', data: { by } }),
      },
    });
    expect(await faultOf(handler.handle(a, { by: 1 }, { actor: 'tester' }))).to.be.instanceOf(TypeError);
    expect(initial).to.deep.equal({ items: [] });
  });
});

describe('a reducer that appends', () => {
  it('gives no two events one place, in memory as anywhere', async () => {
    const store = openMemoryStore();
    const { eventStore } = store;
    let inner: Promise<unknown> | undefined;
    const projection = {
      ...tallies(),
      reduce(row: number | undefined): number {
        inner ??= eventStore.append(appendOf());
        return (row ?? 0) + 1;
      },
    };
    const runner = await ProjectionRunner.open({ store, projection });
    await eventStore.append(appendOf());
    await inner;
    const places = (await logOf(eventStore)).map(({ position, revision }) => [ordinalOf(position), revision]);
    expect(String(places)).to.equal('1,0,2,1');
    expect((await runner.read([a])).rows.get(a)).to.equal(2);
    await runner.close();
  });
});

describe('a consumer that is closed', () => {
  it('is not held by the signal that would have closed it', async () => {
    setFlagsFromString('--expose-gc');
    const collect: () => void = runInNewContext('gc');
    const store = openMemoryStore();
    const { signal } = new AbortController();
    const openAndClose = async (): Promise<WeakRef<() => void>> => {
      const handle = (): void => undefined;
      await store.consume({ name: 'short', handle, signal }).close();
      return new WeakRef(handle);
    };
    const handle = await openAndClose();
    for (let turn = 0; turn < 20 && handle.deref() !== undefined; turn++) {
      await new Promise(setImmediate);
      collect();
    }
    expect([handle.deref(), signal.aborted]).to.deep.equal([undefined, false]);
    await store.close();
  });
});
