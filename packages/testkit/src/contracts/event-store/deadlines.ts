import { START, type EventStore } from '@login-policy/event-sourcing';
import { demandSame, fail } from '../../demand.js';
import type { Suite } from '../contract.js';
import { awaitedLater, within } from '../waiting.js';
import { refusal } from '../refusals.js';
import { appendOf, FIRST, SECOND, type EventStoreUnderTest } from './event-store-under-test.js';
import { demandEvents, readAll, readStream } from './reading.js';

/** How soon after its signal a call must end, in milliseconds. */
const MOST_AFTER_SIGNAL_MS = 100;

/** What holds for a call whose signal fires. */
export const deadlines: Suite<EventStoreUnderTest> = {
  title: 'a call whose signal has fired',
  guarantees: {
    'rejects with DeadlineExceeded, and has written nothing': rejectsAborted,
    'ends without an error if it reads all events or subscribes': endsWithoutError,
  },
};

/** What holds for a call whose signal fires while the server is frozen. */
export const frozenDeadlines: Suite<EventStoreUnderTest> = {
  title: 'a call on a store whose server does not answer',
  guarantees: {
    'ends within 100 ms of its signal, and the store recovers when the server does': endsAtOnce,
  },
};

/** The calls that read stored data, each with a signal. */
const READS: Readonly<Record<string, (store: EventStore, signal: AbortSignal) => Promise<unknown>>> = {
  head: (store, signal) => store.head({ signal }),
  knows: async (store, signal) => store.knows(START, { signal }),
  receipt: (store, signal) => store.receipt(FIRST, 'key', { signal }),
  readStream: (store, signal) => readStream(store, FIRST, { signal }),
  'readStream backwards': (store, signal) => readStream(store, FIRST, { signal, direction: 'backwards', limit: 1 }),
};

async function rejectsAborted(subject: EventStoreUnderTest): Promise<void> {
  const { eventStore, newEvents } = subject;
  const all = await subject.record(FIRST, 2);
  const signal = AbortSignal.abort();
  for (const call of Object.values(READS)) await refusal(call(eventStore, signal), 'deadline-exceeded');
  for (const stream of [FIRST, SECOND]) {
    await refusal(eventStore.append({ ...appendOf(stream, newEvents(1)), signal }), 'deadline-exceeded');
  }
  demandEvents(await readAll(eventStore), all);
}

async function endsWithoutError(subject: EventStoreUnderTest): Promise<void> {
  const { eventStore } = subject;
  const all = await subject.record(FIRST, 2);
  demandSame({ what: 'number of events', actual: all.length, expected: 2 });
  const signal = AbortSignal.abort();
  demandEvents(await readAll(eventStore, { signal }), []);
  for await (const message of eventStore.subscribe({ signal })) fail(`expected no message, got ${message.kind}`);
  demandEvents(await readAll(eventStore), all);
}

async function endsAtOnce(subject: EventStoreUnderTest): Promise<void> {
  const { eventStore, freeze } = subject;
  if (freeze === undefined) return fail('the fixture must be able to freeze its server');
  const [last] = (await subject.record(FIRST, 2)).slice(-1);
  const thaw = await freeze();
  // `knows(START)` would be answered without the server.
  const lastPosition = last?.position ?? START;
  const calls = {
    ...READS,
    knows: async (store: EventStore, signal: AbortSignal) => store.knows(lastPosition, { signal }),
  };
  const control = new AbortController();
  const ends = Object.entries(calls).map(([name, call]) => ({
    name,
    end: awaitedLater(refusal(call(eventStore, control.signal), 'deadline-exceeded')),
  }));
  const readingAll = awaitedLater(readAll(eventStore, { signal: control.signal }));
  await new Promise((resolve) => {
    setTimeout(resolve, 50);
  });
  control.abort();
  for (const { name, end } of ends) await within(`${name} after its signal`, end, MOST_AFTER_SIGNAL_MS);
  await within('readAll after its signal', readingAll, MOST_AFTER_SIGNAL_MS);
  await thaw();
  demandSame({ what: 'number of events', actual: (await readStream(eventStore, FIRST)).length, expected: 2 });
}
