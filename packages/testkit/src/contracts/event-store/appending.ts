import { isFault, revision, START } from '@login-policy/event-sourcing';
import { demandSame, fail, print } from '../../demand.js';
import type { Suite } from '../contract.js';
import { yieldToLoop } from '../waiting.js';
import { hasSucceeded, outcomeOf, refusal } from '../refusals.js';
import { appendOf, FIRST, SECOND, streamsOf, type EventStoreUnderTest } from './event-store-under-test.js';
import { Subscriber } from './subscriber.js';
import { demandEvents, demandIds, readAll, readStream } from './reading.js';

/** What `append` guarantees for one append. */
export const appending: Suite<EventStoreUnderTest> = {
  title: 'an append',
  guarantees: {
    'returns the given events, each with its revision, position and place': returnsRecordedEvents,
    'returns what every later read gives, through every handle': returnsWhatReadsGive,
    'continues after the last event of the stream': continues,
    'of 2,000 events is one append': recordsMany,
    'that is refused writes none of its events': writesNothing,
    'is visible to a concurrent reader as a whole or not at all': isVisibleWhole,
    'of no events without a receipt is refused': refusesEmpty,
    'that is aborted before it begins writes nothing': refusesAborted,
    'that is aborted while it waits is recorded whole or not at all, as its outcome says': isWholeOrAbsent,
  },
};

async function returnsRecordedEvents({ eventStore, newEvents, clock }: EventStoreUnderTest): Promise<void> {
  const events = newEvents(3);
  const answer = await eventStore.append(appendOf(FIRST, events));
  const expected = events.map((event, index) => ({
    ...event,
    streamId: FIRST,
    revision: revision(index),
    position: answer[index]?.position ?? START,
    recordedAt: clock(),
    append: { place: index + 1, count: 3 },
  }));
  demandEvents(answer, expected);
  if (answer.some(({ position }, index) => position <= (answer[index - 1]?.position ?? START))) {
    fail(
      `positions rise within an append and begin after START, unlike ${print(answer.map((event) => event.position))}`,
    );
  }
}

async function returnsWhatReadsGive(subject: EventStoreUnderTest): Promise<void> {
  const { eventStore, record } = subject;
  const answers = [...(await record(FIRST, 2)), ...(await record(FIRST, 1))];
  demandSame({ what: 'number of events', actual: answers.length, expected: 3 });
  const subscriber = new Subscriber(eventStore);
  await subscriber.untilCount(3);
  await subscriber.leave();
  demandEvents(subscriber.events, answers);
  for (const store of [eventStore, await subject.another()]) {
    demandEvents(await readStream(store, FIRST), answers);
    demandEvents(await readAll(store), answers);
  }
}

async function continues({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  await record(FIRST, 2);
  await record(SECOND, 5);
  const answer = await record(FIRST, 2);
  demandSame({ what: 'revisions', actual: answer.map((event) => event.revision), expected: [2n, 3n] });
  const stored = await readStream(eventStore, FIRST);
  demandSame({ what: 'revisions', actual: stored.map((event) => event.revision), expected: [0n, 1n, 2n, 3n] });
}

async function recordsMany({ eventStore, newEvents }: EventStoreUnderTest): Promise<void> {
  const events = newEvents(2000);
  const answer = await eventStore.append(appendOf(FIRST, events));
  demandIds(answer, events);
  demandIds(await readStream(eventStore, FIRST), events);
  demandSame({ what: 'instants', actual: new Set(answer.map((event) => event.recordedAt)).size, expected: 1 });
}

async function writesNothing({ eventStore, record, newEvents }: EventStoreUnderTest): Promise<void> {
  const before = await record(FIRST, 1);
  const head = await eventStore.head();
  const call = eventStore.append({ streamId: FIRST, expected: revision(7), events: newEvents(3) });
  await refusal(call, 'revision-conflict');
  demandSame({ what: 'head', actual: await eventStore.head(), expected: head });
  demandEvents(await readAll(eventStore), before);
  demandSame({ what: 'next revision', actual: (await record(FIRST, 1))[0]?.revision, expected: 1n });
}

async function isVisibleWhole(subject: EventStoreUnderTest): Promise<void> {
  const other = await subject.another();
  const writing = { isDone: false };
  const write = async (): Promise<void> => {
    for (let round = 0; round < 40; round++) await subject.record(FIRST, 3);
  };
  const read = async (): Promise<void> => {
    while (!writing.isDone) {
      const { length } = await readStream(other, FIRST);
      if (length % 3 !== 0) fail(`${length} events were seen while threes of them were appended`);
      await yieldToLoop();
    }
  };
  const writer = write().finally(() => {
    writing.isDone = true;
  });
  await Promise.all([writer, read()]);
  demandSame({ what: 'number of events', actual: (await readStream(other, FIRST)).length, expected: 120 });
}

async function refusesEmpty({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  await refusal(eventStore.append(appendOf(FIRST, [])), RangeError);
  const before = await record(FIRST, 1);
  await refusal(eventStore.append(appendOf(FIRST, [])), RangeError);
  demandEvents(await readAll(eventStore), before);
}

async function refusesAborted({ eventStore, newEvents, record }: EventStoreUnderTest): Promise<void> {
  const signal = AbortSignal.abort();
  const call = eventStore.append({ streamId: FIRST, expected: 'no-stream', events: newEvents(1), signal });
  await refusal(call, 'deadline-exceeded');
  demandSame({ what: 'head', actual: await eventStore.head(), expected: START });
  demandSame({ what: 'next revision', actual: (await record(FIRST, 1))[0]?.revision, expected: 0n });
}

async function isWholeOrAbsent({ eventStore, newEvents }: EventStoreUnderTest): Promise<void> {
  const appends = streamsOf('Counter', 64).map((stream, index) => {
    const control = new AbortController();
    const append = { ...appendOf(stream, newEvents(2)), signal: control.signal };
    return { stream, control, mayFail: index % 2 === 0, outcome: outcomeOf(eventStore.append(append)) };
  });
  for (const { control, mayFail } of appends) if (mayFail) control.abort();
  for (const { stream, mayFail, outcome } of appends) {
    const settled = await outcome;
    const found = await readStream(eventStore, stream);
    if (hasSucceeded(settled)) {
      demandSame({ what: 'number of events', actual: settled.value.length, expected: 2 });
      demandEvents(found, settled.value);
    } else {
      if (!mayFail || !isFault(settled.error, 'deadline-exceeded')) throw settled.error;
      demandEvents(found, []);
    }
  }
}
