import { isFault, position, type RecordedEvent } from '@login-policy/event-sourcing';
import { demandSame, fail } from '../../demand.js';
import { COUNTER_CATEGORY } from '../../samples/counter.js';
import type { Suite } from '../contract.js';
import { eventually, within } from '../waiting.js';
import { refusal } from '../refusals.js';
import type { StoreUnderTest } from './store-under-test.js';
import { APPLES, CounterWriter, PEARS, WEATHER } from './counters.js';
import { RecordingConsumer, rejectedWith, untilAborted } from './recording-consumer.js';

/** What a consumer guarantees, alone and together with others of the same name. */
export const consumers: Suite<StoreUnderTest> = {
  title: 'a consumer',
  guarantees: {
    'calls its handler with every event in the order of commits, and with the events of an append in one call':
      deliversAll,
    'continues where the previous consumer of its name stopped, also in another opening of the store': continues,
    'calls a failing handler again with the same events, whatever it throws': retries,
    'does not delay other consumers when its handler fails or hangs': delaysNoOther,
    'stands by while a consumer of its name works in another opening, and takes over when that one is closed':
      takesOver,
    'stands by while a consumer of its name works in the same opening': standsBy,
    'loses its lease when its handler hangs, and does not move the checkpoint when that handler ends late': losesLease,
    'calls its handler only with events of its categories': filtersByCategory,
    'first begins after the position in `from`, and reports a failure for a position of another history': beginsAfter,
    'refuses malformed options': refusesOptions,
    'ends when it or its store is closed or its signal fires, and then aborts its handler': endsInEveryWay,
  },
};

async function deliversAll({ open }: StoreUnderTest): Promise<void> {
  const { store } = await open();
  const writer = new CounterWriter(store);
  const events = [...(await writer.write(APPLES, 1, 2, 3)), ...(await writer.write(PEARS, 4))];
  const recorded = new RecordingConsumer(store, { name: 'all', pageSize: 2 });
  await recorded.demandHandled(events);
  events.push(...(await writer.write(PEARS, 5, 6, 7)), ...(await writer.write(APPLES, 8)));
  await recorded.demandHandled(events);
  const { state, lag } = await recorded.until('catching up', (status) => status.lag === 0);
  demandSame({ what: 'status', actual: { state, lag }, expected: { state: 'working', lag: 0 } });
  for (const call of recorded.calls) {
    const isWhole = call.every(({ append }, index) => append === undefined || isInOne(call, index, append));
    demandSame({ what: 'whole appends in one call', actual: isWhole, expected: true });
  }
}

function isInOne(call: readonly RecordedEvent[], index: number, { place, count }: { place: number; count: number }) {
  const first = index - place + 1;
  return first >= 0 && first + count <= call.length;
}

async function continues({ open }: StoreUnderTest): Promise<void> {
  const { store, another } = await open();
  const writer = new CounterWriter(store);
  const first = new RecordingConsumer(store, { name: 'going on' });
  await first.demandHandled(await writer.write(APPLES, 1, 2));
  await within('closing the consumer', first.consumer.close());
  const more = await writer.write(APPLES, 3);
  const second = new RecordingConsumer(await another(), { name: 'going on' });
  await second.demandHandled(more);
  const elsewhere = new RecordingConsumer(store, { name: 'going on elsewhere' });
  await elsewhere.until('handling three events', () => elsewhere.handledEvents.length === 3);
}

const THROWN = [
  undefined,
  'text',
  {
    toString() {
      throw new Error('not even this');
    },
  },
  new RangeError('an error'),
];

async function retries({ open }: StoreUnderTest): Promise<void> {
  const { store } = await open();
  let calls = 0;
  const recorded = new RecordingConsumer(store, { name: 'failing' }, (_, { attempt }) => {
    demandSame({ what: 'attempt', actual: attempt, expected: calls + 1 });
    const thrown = THROWN[calls++];
    return calls <= THROWN.length ? rejectedWith(thrown) : undefined;
  });
  const events = await new CounterWriter(store).write(APPLES, 1, 2);
  const { lastFailure } = await recorded.until('the first failure', ({ state }) => state === 'retrying');
  demandSame({ what: 'attempts', actual: (lastFailure?.attempts ?? 0) > 0, expected: true });
  await recorded.until(
    'the call that succeeds',
    ({ position: at, state }) => at === events.at(-1)?.position && state === 'working',
  );
  const all = Array.from({ length: THROWN.length + 1 }, () => events.map(({ position: at }) => at));
  demandSame({
    what: 'calls',
    actual: recorded.calls.map((call) => call.map(({ position: at }) => at)),
    expected: all,
  });
  demandSame({
    what: 'last failure',
    actual: recorded.consumer.status().lastFailure?.error,
    expected: THROWN.at(-1),
  });
}

async function delaysNoOther({ open }: StoreUnderTest): Promise<void> {
  const { store } = await open();
  const failing = new RecordingConsumer(store, { name: 'failing' }, () => Promise.reject(new Error('no')));
  const hanging = new RecordingConsumer(store, { name: 'hanging' }, (_, { signal }) => untilAborted(signal));
  const healthy = new RecordingConsumer(store, { name: 'sound' });
  const writer = new CounterWriter(store);
  const events = [...(await writer.write(APPLES, 1)), ...(await writer.write(PEARS, 2))];
  await healthy.demandHandled(events);
  await failing.until('the first failure', ({ state }) => state === 'retrying');
  const { position: at } = await hanging.until('the first call', () => hanging.calls.length > 0);
  demandSame({
    what: 'hanging consumer has moved its checkpoint',
    actual: at === events.at(-1)?.position,
    expected: false,
  });
}

async function takesOver({ open }: StoreUnderTest): Promise<void> {
  const { store, another } = await open();
  const other = await another();
  const writer = new CounterWriter(store);
  const first = new RecordingConsumer(store, { name: 'shared' });
  await first.demandHandled(await writer.write(APPLES, 1));
  const second = new RecordingConsumer(other, { name: 'shared' });
  await second.until('reading its checkpoint', ({ position: at }) => at !== undefined);
  await first.demandHandled([...first.calls.flat(), ...(await writer.write(APPLES, 2))]);
  demandSame({ what: 'state of the second consumer', actual: second.consumer.status().state, expected: 'standby' });
  await within('closing the consumer', first.consumer.close());
  const more = await writer.write(APPLES, 3);
  await second.demandHandled(more);
  demandSame({ what: 'state of the closed consumer', actual: first.consumer.status().state, expected: 'closed' });
  demandSame({ what: 'calls of the closed consumer', actual: first.calls.length, expected: 2 });
}

async function standsBy({ open }: StoreUnderTest): Promise<void> {
  const { store } = await open();
  const both = [new RecordingConsumer(store, { name: 'twice' }), new RecordingConsumer(store, { name: 'twice' })];
  const writer = new CounterWriter(store);
  const events = [...(await writer.write(APPLES, 1)), ...(await writer.write(APPLES, 2))];
  await eventually('handling two events', async () => both.some(({ handledEvents }) => handledEvents.length === 2));
  const states = both.map(({ consumer }) => consumer.status().state);
  demandSame({ what: 'states', actual: states.toSorted(), expected: ['standby', 'working'] });
  const [working, standby] = states[0] === 'working' ? both : both.toReversed();
  await within('closing the consumer', working?.consumer.close() ?? fail('no consumer is working'));
  await standby?.demandHandled(await writer.write(APPLES, 3));
  demandSame({
    what: 'events handled by the closed consumer',
    actual: working?.handledEvents.length,
    expected: events.length,
  });
}

async function losesLease({ open }: StoreUnderTest): Promise<void> {
  const { store, another } = await open();
  const other = await another();
  let endHandler = (): void => undefined;
  const handlerEnd = new Promise<void>((resolve) => (endHandler = resolve));
  const hanging = new RecordingConsumer(store, { name: 'late', handleTimeoutMs: 30 }, () => handlerEnd);
  await hanging.until('getting the lease', ({ state }) => state === 'working');
  const healthy = new RecordingConsumer(other, { name: 'late' });
  const writer = new CounterWriter(store);
  const events = await writer.write(APPLES, 1, 2);
  await healthy.demandHandled(events);
  const { lastFailure } = hanging.consumer.status();
  demandSame({
    what: 'failure',
    actual: String(lastFailure?.error),
    expected: 'Error: the handler of late took longer than 30 ms',
  });
  endHandler();
  await healthy.demandHandled([...events, ...(await writer.write(PEARS, 3))]);
}

async function filtersByCategory({ open }: StoreUnderTest): Promise<void> {
  const { store, another } = await open();
  const writer = new CounterWriter(store);
  const recorded = new RecordingConsumer(store, { name: 'counters', filter: { categories: [COUNTER_CATEGORY] } });
  const first = await writer.write(APPLES, 1);
  await writer.write(WEATHER, 2);
  await recorded.demandHandled([...first, ...(await writer.write(PEARS, 3))]);
  await writer.write(WEATHER, 4);
  await within('closing the consumer', recorded.consumer.close());
  const next = new RecordingConsumer(await another(), { name: 'counters', filter: { categories: [COUNTER_CATEGORY] } });
  await next.demandHandled(await writer.write(PEARS, 5));
}

async function beginsAfter({ open }: StoreUnderTest): Promise<void> {
  const { store } = await open();
  const writer = new CounterWriter(store);
  await writer.write(APPLES, 1, 2);
  const from = await store.eventStore.head();
  const recorded = new RecordingConsumer(store, { name: 'from now on', from });
  await recorded.until('getting the lease', ({ state }) => state === 'working');
  await recorded.demandHandled(await writer.write(PEARS, 3));
  await within('closing the consumer', recorded.consumer.close());
  await new RecordingConsumer(store, { name: 'from now on', from }).demandHandled(await writer.write(PEARS, 4));
  const ofLostHistory = new RecordingConsumer(store, {
    name: 'of another history',
    from: position(from + (1n << 60n)),
  });
  const { lastFailure } = await ofLostHistory.until('the first failure', (status) => status.lastFailure !== undefined);
  if (!isFault(lastFailure?.error, 'position-unknown'))
    fail(`expected position-unknown, got ${String(lastFailure?.error)}`);
  demandSame({ what: 'calls', actual: ofLostHistory.calls.length, expected: 0 });
}

async function refusesOptions({ open }: StoreUnderTest): Promise<void> {
  const { store } = await open();
  const valid = { name: 'sound', handle: () => undefined };
  const invalid: readonly object[] = [
    ...['', 'a\u0000b', 'line\nbreak', '\ud800', 'x'.repeat(201), 5, undefined].map((name) => ({ name })),
    ...[undefined, 'text', {}].map((handle) => ({ handle })),
    ...[0, 1.5, 10_001, '5'].map((pageSize) => ({ pageSize })),
    ...[0, Infinity].map((handleTimeoutMs) => ({ handleTimeoutMs })),
    ...[-1n, 5].map((from) => ({ from })),
    { filter: { categories: 'Counter' } },
    { nmae: 'mistyped' },
  ];
  for (const options of invalid) {
    await refusal((async () => store.consume({ ...valid, ...options }))(), RangeError);
  }
  for (const name of ['ünïcode 🍏', "O'Brien; --", '%_\\', '$all', '../..', 'x'.repeat(200)]) {
    const recorded = new RecordingConsumer(store, { name });
    await recorded.until('getting the lease', ({ state, position: at }) => state === 'working' && at !== undefined);
    await within('closing the consumer', recorded.consumer.close());
  }
}

async function endsInEveryWay({ open }: StoreUnderTest): Promise<void> {
  const { store } = await open();
  const control = new AbortController();
  const [bySignal, byScope, byStore] = [
    new RecordingConsumer(store, { name: 'by signal', signal: control.signal }),
    new RecordingConsumer(store, { name: 'by scope' }),
    new RecordingConsumer(store, { name: 'by store' }, (_, { signal }) => untilAborted(signal)),
  ];
  await new CounterWriter(store).write(APPLES, 1);
  await byStore.until('the first call', () => byStore.calls.length === 1);
  control.abort();
  await bySignal.until('closing the consumer', ({ state }) => state === 'closed');
  await within('closing the consumer', byScope.consumer[Symbol.asyncDispose]());
  demandSame({ what: 'state', actual: byScope.consumer.status().state, expected: 'closed' });
  await within('closing the store', store.close());
  demandSame({ what: 'state', actual: byStore.consumer.status().state, expected: 'closed' });
  await refusal((async () => store.consume({ name: 'too late', handle: () => undefined }))(), 'store-closed');
}
