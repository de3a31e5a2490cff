import { revision, type Revision } from '@login-policy/event-sourcing';
import type { Append } from '@login-policy/event-sourcing/store';
import { demandSame } from '../../demand.js';
import type { Suite } from '../contract.js';
import { refusal } from '../refusals.js';
import { FIRST, SECOND, type EventStoreUnderTest } from './event-store-under-test.js';
import { demandEvents, readStream } from './reading.js';

type Check = (subject: EventStoreUnderTest) => Promise<void>;

/** Every form of an expected revision, met and unmet. */
export const expectedRevisions: Suite<EventStoreUnderTest> = {
  title: 'an expected revision',
  guarantees: {
    '"no-stream" is met by a stream without events': isMet('no-stream', 0),
    '"no-stream" is not met by a stream with events': isNotMet('no-stream', 2),
    '"any" is met by a stream without events': isMet('any', 0),
    '"any" is met by a stream with events': isMet('any', 2),
    'of the last event is met': isMet(revision(1), 2),
    'of the only event is met': isMet(revision(0), 1),
    'of an event before the last is not met': isNotMet(revision(0), 2),
    'of an event that does not exist yet is not met': isNotMet(revision(2), 2),
    'of an event is not met by a stream without events': isNotMet(revision(0), 0),
    'is compared with its own stream only': comparesItsStream,
    'with an expected id is met only by that event (K14)': comparesItsEvent,
  },
};

function isMet(expected: Append['expected'], existing: number): Check {
  return async ({ eventStore, record, newEvents }) => {
    const before = existing === 0 ? [] : await record(FIRST, existing);
    const answer = await eventStore.append({ streamId: FIRST, expected, events: newEvents(2) });
    const revisions = answer.map((event) => event.revision);
    demandSame({ what: 'revisions', actual: revisions, expected: [existing, existing + 1].map((at) => revision(at)) });
    demandEvents(await readStream(eventStore, FIRST), [...before, ...answer]);
  };
}

function isNotMet(expected: Append['expected'], existing: number): Check {
  return async ({ eventStore, record, newEvents }) => {
    const before = existing === 0 ? [] : await record(FIRST, existing);
    const call = eventStore.append({ streamId: FIRST, expected, events: newEvents(2) });
    const actual: Revision | undefined = existing === 0 ? undefined : revision(existing - 1);
    const conflict = await refusal(call, 'revision-conflict');
    demandSame({ what: 'facts', actual: conflict.facts, expected: { streamId: FIRST, expected, actual } });
    demandEvents(await readStream(eventStore, FIRST), before);
  };
}

async function comparesItsStream({ eventStore, record, newEvents }: EventStoreUnderTest): Promise<void> {
  await record(FIRST, 1);
  await record(SECOND, 3);
  const answer = await eventStore.append({ streamId: FIRST, expected: revision(0), events: newEvents(1) });
  demandSame({ what: 'revision', actual: answer[0]?.revision, expected: 1n });
}

async function comparesItsEvent(subject: EventStoreUnderTest): Promise<void> {
  const { newEvents, record } = subject;
  const [before, last] = await record(FIRST, 2);
  for (const eventStore of [subject.eventStore, await subject.another()]) {
    for (const expected of [revision(1), 'any'] as const) {
      const call = { streamId: FIRST, expected, events: newEvents(1) };
      const conflict = await refusal(
        eventStore.append({ ...call, ...(before !== undefined && { expectedEventId: before.id }) }),
        'revision-conflict',
      );
      demandSame({ what: 'revision', actual: conflict.facts.actual, expected: revision(1) });
    }
  }
  const expectedEventId = last?.id;
  const answer = await subject.eventStore.append({
    streamId: FIRST,
    expected: revision(1),
    ...(expectedEventId !== undefined && { expectedEventId }),
    events: newEvents(1),
  });
  demandSame({ what: 'revision', actual: answer[0]?.revision, expected: 2n });
}
