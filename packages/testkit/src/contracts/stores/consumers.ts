import { isFault, type RecordedEvent } from '@login-policy/event-sourcing';
import { position } from '@login-policy/event-sourcing/store';
import { demandSame, fail } from '../../demand.js';
import { COUNTER_CATEGORY } from '../../samples/counter.js';
import type { Suite } from '../contract.js';
import { eventually, within } from '../waiting.js';
import { refusal } from '../refusals.js';
import type { StoreUnderTest } from '../store-contract.js';
import { APPLES, CounterWriter, PEARS, WEATHER } from './counters.js';
import { RecordingConsumer } from './recording-consumer.js';

/** What a consumer promises, alone and together with others of the same name. */
export const consumers: Suite<StoreUnderTest> = {
  title: 'a consumer',
  promises: {
    'calls its handler with every event in the order of commits, and with the events of an append in one call':
      deliversAll,
    'continues where the previous consumer of its name stopped, on another handle': continues,
    'calls a failing handler again with the same events, whatever it throws': retries,
    'does not delay other consumers when its handler fails or hangs': delaysNoOther,
    'stands by while another handle works, and takes over when that handle is closed': takesOver,
    'runs once when two consumers of one handle have its name': runsOnce,
    'loses its lease when its handler hangs, and does not move the checkpoint when that handler ends late': losesLease,
    'calls its handler only with events of its categories': filtersByCategory,
    'begins after a given position, and refuses a position of another history': beginsAfter,
    'refuses malformed options': refusesOptions,
    'ends when it or its store is closed or its signal fires, and then aborts its handler': endsInEveryWay,
  },
};

async function deliversAll({ open }: StoreUnderTest): Promise<void> {
  const { store } = await open();
  const writer = new CounterWriter(store);
  const events = [...(await writer.write(APPLES, 1, 2, 3)), ...(await writer.write(PEARS, 4))];
  const recorded = new RecordingConsumer(store, { name: 'all', pageSize: 2 });
  await recorded.demand(events);
  events.push(...(await writer.write(PEARS, 5, 6, 7)), ...(await writer.write(APPLES, 8)));
  await recorded.demand(events);
  const { state, lag } = await recorded.until('being caught up', (status) => status.lag === 0);
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
  await first.demand(await writer.write(APPLES, 1, 2));
  await within('the close', first.consumer.close());
  const more = await writer.write(APPLES, 3);
  const second = new RecordingConsumer(await another(), { name: 'going on' });
  await second.demand(more);
  const elsewhere = new RecordingConsumer(store, { name: 'going on elsewhere' });
  await elsewhere.until('all events', () => elsewhere.places.length === 3);
}

const HOSTILE = [
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
    demandSame({ what: 'attempt', actual: attempt, expected: Math.min(calls, HOSTILE.length) + 1 });
    const thrown = HOSTILE[calls++];
    return calls <= HOSTILE.length ? rejectedWith(thrown) : undefined;
  });
  const events = await new CounterWriter(store).write(APPLES, 1, 2);
  const { lastFailure } = await recorded.until('a failure', ({ state }) => state === 'retrying');
  demandSame({ what: 'attempts', actual: (lastFailure?.attempts ?? 0) > 0, expected: true });
  await recorded.until(
    'the end of it',
    ({ position: at, state }) => at === events.at(-1)?.position && state === 'working',
  );
  const all = Array.from({ length: HOSTILE.length + 1 }, () => events.map(({ position: at }) => at));
  demandSame({
    what: 'calls',
    actual: recorded.calls.map((call) => call.map(({ position: at }) => at)),
    expected: all,
  });
  demandSame({
    what: 'last failure',
    actual: recorded.consumer.status().lastFailure?.error,
    expected: HOSTILE.at(-1),
  });
}

async function delaysNoOther({ open }: StoreUnderTest): Promise<void> {
  const { store } = await open();
  const failing = new RecordingConsumer(store, { name: 'failing' }, () => Promise.reject(new Error('no')));
  const hanging = new RecordingConsumer(store, { name: 'hanging' }, (_, { signal }) => untilAborted(signal));
  const sound = new RecordingConsumer(store, { name: 'sound' });
  const writer = new CounterWriter(store);
  const events = [...(await writer.write(APPLES, 1)), ...(await writer.write(PEARS, 2))];
  await sound.demand(events);
  await failing.until('a failure', ({ state }) => state === 'retrying');
  const { position: at } = await hanging.until('a call', () => hanging.calls.length > 0);
  demandSame({ what: 'the checkpoint of who hangs is behind', actual: at !== events.at(-1)?.position, expected: true });
}

async function takesOver({ open }: StoreUnderTest): Promise<void> {
  const { store, another } = await open();
  const other = await another();
  const writer = new CounterWriter(store);
  const first = new RecordingConsumer(store, { name: 'shared' });
  await first.demand(await writer.write(APPLES, 1));
  const second = new RecordingConsumer(other, { name: 'shared' });
  await second.until('standing by', ({ position: at }) => at !== undefined);
  await first.demand([...first.calls.flat(), ...(await writer.write(APPLES, 2))]);
  demandSame({ what: 'who stands by', actual: second.consumer.status().state, expected: 'standby' });
  await within('the close', first.consumer.close());
  const more = await writer.write(APPLES, 3);
  await second.demand(more);
  demandSame({ what: 'state of the closed consumer', actual: first.consumer.status().state, expected: 'closed' });
  demandSame({ what: 'calls of the closed consumer', actual: first.calls.length, expected: 2 });
}

async function runsOnce({ open }: StoreUnderTest): Promise<void> {
  const { store } = await open();
  const both = [new RecordingConsumer(store, { name: 'twice' }), new RecordingConsumer(store, { name: 'twice' })];
  const writer = new CounterWriter(store);
  const events = [...(await writer.write(APPLES, 1)), ...(await writer.write(APPLES, 2))];
  await eventually('the handling', async () => both.some(({ places }) => places.length === 2));
  const states = both.map(({ consumer }) => consumer.status().state);
  demandSame({ what: 'states', actual: states.toSorted(), expected: ['standby', 'working'] });
  const [working, standing] = states[0] === 'working' ? both : both.toReversed();
  await within('the close', working?.consumer.close() ?? fail('neither consumer works'));
  await standing?.demand(await writer.write(APPLES, 3));
  demandSame({ what: 'handled by the first', actual: working?.places.length, expected: events.length });
}

async function losesLease({ open }: StoreUnderTest): Promise<void> {
  const { store, another } = await open();
  const other = await another();
  let endLate = (): void => undefined;
  const late = new Promise<void>((resolve) => (endLate = resolve));
  const hanging = new RecordingConsumer(store, { name: 'late', handleTimeoutMs: 30 }, () => late);
  await hanging.until('its lease', ({ state }) => state === 'working');
  const sound = new RecordingConsumer(other, { name: 'late' });
  const writer = new CounterWriter(store);
  const events = await writer.write(APPLES, 1, 2);
  await sound.demand(events);
  const { lastFailure } = hanging.consumer.status();
  demandSame({
    what: 'failure',
    actual: String(lastFailure?.error),
    expected: 'Error: the handler of late took longer than 30 ms',
  });
  endLate();
  await sound.demand([...events, ...(await writer.write(PEARS, 3))]);
}

async function filtersByCategory({ open }: StoreUnderTest): Promise<void> {
  const { store, another } = await open();
  const writer = new CounterWriter(store);
  const recorded = new RecordingConsumer(store, { name: 'counters', filter: { categories: [COUNTER_CATEGORY] } });
  const first = await writer.write(APPLES, 1);
  await writer.write(WEATHER, 2);
  await recorded.demand([...first, ...(await writer.write(PEARS, 3))]);
  await writer.write(WEATHER, 4);
  await within('the close', recorded.consumer.close());
  const next = new RecordingConsumer(await another(), { name: 'counters', filter: { categories: [COUNTER_CATEGORY] } });
  await next.demand(await writer.write(PEARS, 5));
}

async function beginsAfter({ open }: StoreUnderTest): Promise<void> {
  const { store } = await open();
  const writer = new CounterWriter(store);
  const [last] = (await writer.write(APPLES, 1, 2)).slice(-1);
  const from = last?.position ?? fail('nothing was written');
  const recorded = new RecordingConsumer(store, { name: 'from now on', from });
  await recorded.until('its lease', ({ state }) => state === 'working');
  await recorded.demand(await writer.write(PEARS, 3));
  const lost = new RecordingConsumer(store, { name: 'of another history', from: position(from + (1n << 60n)) });
  const { lastFailure } = await lost.until('a failure', (status) => status.lastFailure !== undefined);
  if (!isFault(lastFailure?.error, 'position-unknown'))
    fail(`expected position-unknown, got ${String(lastFailure?.error)}`);
  demandSame({ what: 'calls', actual: lost.calls.length, expected: 0 });
}

async function refusesOptions({ open }: StoreUnderTest): Promise<void> {
  const { store } = await open();
  const sound = { name: 'sound', handle: () => undefined };
  const bad: readonly object[] = [
    ...['', 'a\u0000b', 'line\nbreak', '\ud800', 'x'.repeat(201), 5, undefined].map((name) => ({ name })),
    ...[undefined, 'text', {}].map((handle) => ({ handle })),
    ...[0, 1.5, 10_001, '5'].map((pageSize) => ({ pageSize })),
    ...[0, Infinity].map((handleTimeoutMs) => ({ handleTimeoutMs })),
    ...[-1n, 5].map((from) => ({ from })),
    { filter: { categories: 'Counter' } },
    { nmae: 'mistyped' },
  ];
  for (const options of bad) {
    await refusal((async () => store.consume({ ...sound, ...options }))(), RangeError);
  }
  for (const name of ['ünïcode 🍏', "O'Brien; --", '%_\\', '$all', '../..', 'x'.repeat(200)]) {
    const recorded = new RecordingConsumer(store, { name });
    await recorded.until('its lease', ({ state, position: at }) => state === 'working' && at !== undefined);
    await within('the close', recorded.consumer.close());
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
  await byStore.until('a call', () => byStore.calls.length === 1);
  control.abort();
  await bySignal.until('the end', ({ state }) => state === 'closed');
  await within('the end', byScope.consumer[Symbol.asyncDispose]());
  demandSame({ what: 'state', actual: byScope.consumer.status().state, expected: 'closed' });
  await within('the close', store.close());
  demandSame({ what: 'state', actual: byStore.consumer.status().state, expected: 'closed' });
  await refusal((async () => store.consume({ name: 'too late', handle: () => undefined }))(), 'store-closed');
}

/** Rejects with any value, even one that no sound program throws. */
function rejectedWith(thrown: unknown): Promise<void> {
  return new Promise((_, reject) => {
    Reflect.apply(reject, undefined, [thrown]);
  });
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
