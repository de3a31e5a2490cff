import { type EventStore, isFault, type RecordedEvent, revision, type StreamId } from '@login-policy/event-sourcing';
import type { Append } from '@login-policy/event-sourcing/store';
import { demandSame, fail, print } from '../../demand.js';
import type { Suite } from '../contract.js';
import { hasSucceeded, outcomeOf } from '../refusals.js';
import { appendOf, FIRST, streamsOf, type EventStoreUnderTest } from './event-store-under-test.js';
import { demandIds, readAll, readStream } from './reading.js';

const WRITERS = 32;
const ROUNDS = 4;

/** What holds while 32 writers append at once, half of them through another handle. */
export const concurrentWriters: Suite<EventStoreUnderTest> = {
  title: '32 concurrent writers',
  deadlineMs: 60_000,
  guarantees: {
    'on one stream, each retrying on a conflict, lose no update': loseNoUpdate,
    'on one stream, at any revision, leave no gap and no duplicate': leaveNoGap,
    'on 32 streams never cause a conflict': neverConflict,
    'at one revision: one wins, the others get the actual revision': (subject) => race(subject, revision(0)),
    'at the beginning of a stream: one wins': (subject) => race(subject, 'no-stream'),
  },
};

async function loseNoUpdate(subject: EventStoreUnderTest): Promise<void> {
  const write = async (store: EventStore): Promise<readonly RecordedEvent[]> => {
    const own: RecordedEvent[] = [];
    while (own.length < ROUNDS) own.push(await appendAfterRead(subject, store));
    return own;
  };
  const acknowledged = (await Promise.all((await handles(subject)).map(write))).flat();
  const stored = await readStream(subject.eventStore, FIRST);
  demandContiguous(stored, WRITERS * ROUNDS);
  demandIds(
    stored,
    acknowledged.toSorted((left, right) => Number(left.revision - right.revision)),
  );
  const bases = stored.map((event) => event.data['after']);
  demandSame({ what: 'bases', actual: bases, expected: stored.map((event) => Number(event.revision) - 1) });
}

/** Reads the stream's last revision and appends after exactly that, with retries. */
async function appendAfterRead({ newEvents }: EventStoreUnderTest, store: EventStore): Promise<RecordedEvent> {
  for (;;) {
    const [last] = await readStream(store, FIRST, { direction: 'backwards', limit: 1 });
    const events = newEvents(1, { data: { after: Number(last?.revision ?? -1n) } });
    const expected = last?.revision ?? 'no-stream';
    const outcome = await outcomeOf(store.append({ streamId: FIRST, expected, events }));
    if (hasSucceeded(outcome)) return onlyOne(outcome.value);
    if (!isFault(outcome.error, 'revision-conflict')) throw outcome.error;
  }
}

async function leaveNoGap(subject: EventStoreUnderTest): Promise<void> {
  const write = async (store: EventStore): Promise<readonly RecordedEvent[]> => {
    const own: RecordedEvent[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      own.push(...(await store.append(appendOf(FIRST, subject.newEvents(2)))));
    }
    return own;
  };
  const acknowledged = (await Promise.all((await handles(subject)).map(write))).flat();
  const stored = await readStream(subject.eventStore, FIRST);
  demandContiguous(stored, WRITERS * ROUNDS * 2);
  demandIds(
    stored,
    acknowledged.toSorted((left, right) => Number(left.revision - right.revision)),
  );
}

async function neverConflict(subject: EventStoreUnderTest): Promise<void> {
  const streams = streamsOf('Counter', WRITERS);
  const write = async (store: EventStore, stream: StreamId | undefined): Promise<void> => {
    let expected: Append['expected'] = 'no-stream';
    for (let round = 0; round < ROUNDS; round++) {
      const events = subject.newEvents(1);
      expected = onlyOne(await store.append({ streamId: stream ?? FIRST, expected, events })).revision;
    }
  };
  await Promise.all((await handles(subject)).map((store, index) => write(store, streams[index])));
  for (const stream of streams) demandContiguous(await readStream(subject.eventStore, stream), ROUNDS);
  demandSame({
    what: 'number of events',
    actual: (await readAll(subject.eventStore)).length,
    expected: WRITERS * ROUNDS,
  });
}

async function race(subject: EventStoreUnderTest, expected: Append['expected']): Promise<void> {
  const before = expected === 'no-stream' ? [] : await subject.record(FIRST, 1);
  const calls = (await handles(subject)).map((store) =>
    outcomeOf(store.append({ streamId: FIRST, expected, events: subject.newEvents(2) })),
  );
  const outcomes = await Promise.all(calls);
  const winners = outcomes.filter(hasSucceeded);
  demandSame({ what: 'winners', actual: winners.length, expected: 1 });
  const stored = await readStream(subject.eventStore, FIRST);
  demandIds(stored, [...before, ...(winners[0]?.value ?? [])]);
  const facts = { streamId: FIRST, expected, actual: revision(before.length + 1) };
  for (const outcome of outcomes) {
    if (hasSucceeded(outcome)) continue;
    if (!isFault(outcome.error, 'revision-conflict')) throw outcome.error;
    demandSame({ what: 'facts', actual: outcome.error.facts, expected: facts });
  }
}

async function handles(subject: EventStoreUnderTest): Promise<readonly EventStore[]> {
  const other = await subject.another();
  return Array.from({ length: WRITERS }, (_, index) => (index % 2 === 0 ? subject.eventStore : other));
}

function onlyOne(events: readonly RecordedEvent[]): RecordedEvent {
  const [event, ...more] = events;
  if (event === undefined || more.length > 0) return fail(`expected one event, got ${print(events)}`);
  return event;
}

function demandContiguous(events: readonly RecordedEvent[], count: number): void {
  const revisions = events.map((event) => event.revision);
  demandSame({
    what: 'revisions',
    actual: revisions,
    expected: Array.from({ length: count }, (_, at) => revision(at)),
  });
  demandSame({ what: 'distinct ids', actual: new Set(events.map((event) => event.id)).size, expected: count });
}
