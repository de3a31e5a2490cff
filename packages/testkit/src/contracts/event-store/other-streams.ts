import { type EventId, type EventStore, isFault, type RecordedEvent } from '@login-policy/event-sourcing';
import { type Append, ordinalOf } from '@login-policy/event-sourcing/store';
import { demandSame, fail } from '../../demand.js';
import type { Suite } from '../contract.js';
import { hasSucceeded, outcomeOf, refusal } from '../refusals.js';
import { appendOf, FIRST, OTHER_KIND, SECOND, type EventStoreUnderTest } from './event-store-under-test.js';
import { demandEvents, readStream } from './reading.js';

const ROUNDS = 16;

/** What an append may expect of another stream. */
export const otherStreams: Suite<EventStoreUnderTest> = {
  title: 'an append that expects what another stream ends with',
  guarantees: {
    'is recorded where the other stream ends with that event': (subject) => isMet(subject, 2),
    'is recorded where the other stream has no events, as expected': (subject) => isMet(subject, 0),
    'is refused where the other stream ends with another event, and names that event': (subject) =>
      isNotMet(subject, 2),
    'is refused where the other stream has events, and none were expected': (subject) => isNotMet(subject, 1),
    'is refused where the other stream has no events, and one was expected': lacksEvents,
    'learns of an event that another handle appended there': learnsOfOthers,
    'compares it after its receipt and its own stream': comparesOwnFirst,
    'without events compares it, too': comparesWithoutEvents,
  },
};

/** The same while the other stream changes. EventStoreDB looks it up before it appends, and does not promise it. */
export const otherStreamsAtOnce: Suite<EventStoreUnderTest> = {
  title: 'an append that expects what another stream ends with, while that changes',
  guarantees: {
    'is recorded before the change or not at all': isRecordedBeforeTheChange,
  },
};

function expecting(subject: EventStoreUnderTest, last: RecordedEvent | undefined): Append {
  return {
    streamId: FIRST,
    expected: 'any',
    expectedElsewhere: { streamId: SECOND, eventId: last?.id },
    events: subject.newEvents(2),
  };
}

async function isMet(subject: EventStoreUnderTest, existing: number): Promise<void> {
  const { eventStore, record } = subject;
  for (const store of [eventStore, await subject.another()]) {
    const last = existing === 0 ? undefined : (await record(SECOND, existing)).at(-1);
    // Twice: what is cached after the first one must do.
    await store.append(expecting(subject, last));
    const answer = await store.append(expecting(subject, last));
    demandSame({ what: 'number of events', actual: answer.length, expected: 2 });
    demandEvents((await readStream(store, FIRST)).slice(-2), answer);
  }
}

async function isNotMet(subject: EventStoreUnderTest, existing: number): Promise<void> {
  const recorded = await subject.record(SECOND, existing);
  const [before, last] = [recorded.at(-2), recorded.at(-1)];
  for (const store of [subject.eventStore, await subject.another()])
    await demandRefused(subject, store, { expected: before, actual: last });
}

async function lacksEvents(subject: EventStoreUnderTest): Promise<void> {
  const [elsewhere] = await subject.record(OTHER_KIND, 1);
  await demandRefused(subject, subject.eventStore, { expected: elsewhere, actual: undefined });
}

async function learnsOfOthers(subject: EventStoreUnderTest): Promise<void> {
  const { eventStore, newEvents, record } = subject;
  const [before] = await record(SECOND, 1);
  await eventStore.append(expecting(subject, before));
  const other = await subject.another();
  const [last] = await other.append(appendOf(SECOND, newEvents(1)));
  const call = eventStore.append(expecting(subject, before));
  demandFacts((await refusal(call, 'other-stream-changed')).facts, { expected: before, actual: last });
  await eventStore.append(expecting(subject, last));
}

async function comparesOwnFirst(subject: EventStoreUnderTest): Promise<void> {
  const { eventStore, record } = subject;
  await record(FIRST, 1);
  const [before] = await record(SECOND, 2);
  const unmet = { ...expecting(subject, before), expected: 'no-stream' } as const;
  await refusal(eventStore.append(unmet), 'revision-conflict');
  const receipt = { key: 'key', fingerprint: 'fingerprint' };
  await eventStore.append({ ...appendOf(FIRST, subject.newEvents(1)), receipt });
  await refusal(eventStore.append({ ...unmet, receipt }), 'receipt-exists');
}

async function comparesWithoutEvents(subject: EventStoreUnderTest): Promise<void> {
  const { eventStore, record } = subject;
  await record(FIRST, 1);
  const [before, last] = await record(SECOND, 2);
  const receipt = { key: 'key', fingerprint: 'fingerprint' };
  const call = eventStore.append({ ...expecting(subject, before), events: [], receipt });
  demandFacts((await refusal(call, 'other-stream-changed')).facts, { expected: before, actual: last });
  demandSame({ what: 'receipt', actual: await eventStore.receipt(FIRST, 'key'), expected: undefined });
}

interface Ends {
  readonly expected: RecordedEvent | undefined;
  readonly actual: RecordedEvent | undefined;
}

async function demandRefused(subject: EventStoreUnderTest, store: EventStore, ends: Ends): Promise<void> {
  const call = store.append(expecting(subject, ends.expected));
  demandFacts((await refusal(call, 'other-stream-changed')).facts, ends);
  demandEvents(await readStream(subject.eventStore, FIRST), []);
}

function demandFacts(
  facts: { readonly expected: EventId | undefined; readonly actual: EventId | undefined },
  { expected, actual }: Ends,
): void {
  demandSame({
    what: 'facts',
    actual: facts,
    expected: { streamId: SECOND, expected: expected?.id, actual: actual?.id },
  });
}

async function isRecordedBeforeTheChange(subject: EventStoreUnderTest): Promise<void> {
  const { eventStore, newEvents, record } = subject;
  const other = await subject.another();
  let [last] = await record(SECOND, 1);
  for (let round = 0; round < ROUNDS; round++) {
    const [one, another] = round % 2 === 0 ? [eventStore, other] : [other, eventStore];
    const bound = outcomeOf(one.append(expecting(subject, last)));
    const [change] = await another.append(appendOf(SECOND, newEvents(1)));
    const outcome = await bound;
    if (!hasSucceeded(outcome) && !isFault(outcome.error, 'other-stream-changed')) throw outcome.error;
    if (hasSucceeded(outcome) && isAfter(outcome.value[0], change))
      fail(`round ${round}: recorded behind a change of the other stream`);
    last = change;
  }
  const changes = await readStream(eventStore, SECOND);
  demandSame({ what: 'number of changes', actual: changes.length, expected: ROUNDS + 1 });
}

function isAfter(one: RecordedEvent | undefined, other: RecordedEvent | undefined): boolean {
  return one !== undefined && other !== undefined && ordinalOf(one.position) > ordinalOf(other.position);
}
