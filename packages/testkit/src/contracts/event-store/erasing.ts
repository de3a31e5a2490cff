import type { RecordedEvent } from '@login-policy/event-sourcing';
import { demandSame, fail } from '../../demand.js';
import type { Suite } from '../contract.js';
import { refusal } from '../refusals.js';
import { FIRST, SECOND, type EventStoreUnderTest } from './event-store-under-test.js';
import { demandEvents, readAll, readStream } from './reading.js';

/** Destroying the texts of an event, for stores that can. */
export const erasing: Suite<EventStoreUnderTest> = {
  title: 'erasing the texts of an event',
  guarantees: {
    'leaves commitments in their place, and all else as it was, for every reader and handle': leavesCommitments,
    'of one text leaves the other one': leavesTheOther,
    'again changes nothing, and later events follow as before': isRepeatable,
    'is refused for an event that is not at that place': refusesOthers,
    'is refused with a commitment that is not text, by its name': refusesNoText,
  },
};

const WHO = { actor: 'alice', correlationId: 'c-1', reason: 'on request', actorSalt: 'a'.repeat(22) };
const METADATA = { ...WHO, reasonSalt: 'r'.repeat(22) };
const COMMITMENTS = { actor: 'commitment a', reason: 'commitment r' };

async function eraseFirst(subject: EventStoreUnderTest, commitments: object = COMMITMENTS): Promise<RecordedEvent> {
  const [event] = await readStream(subject.eventStore, FIRST);
  if (event === undefined) return fail('the event is not there');
  const { id: eventId, revision, streamId } = event;
  if (subject.eventStore.erase === undefined) return fail('the store can not erase');
  await subject.eventStore.erase({ streamId, revision, eventId, commitments });
  return event;
}

async function recordAround(subject: EventStoreUnderTest): Promise<readonly RecordedEvent[]> {
  await subject.record(FIRST, 2, { metadata: METADATA });
  await subject.record(SECOND, 1, { metadata: METADATA });
  return readAll(subject.eventStore);
}

async function leavesCommitments(subject: EventStoreUnderTest): Promise<void> {
  const [first, ...others] = await recordAround(subject);
  if (first === undefined) return fail('the event is not there');
  await eraseFirst(subject);
  const metadata = {
    actor: '',
    correlationId: 'c-1',
    commitmentToActor: COMMITMENTS.actor,
    commitmentToReason: COMMITMENTS.reason,
  };
  const expected = [{ ...first, metadata }, ...others];
  for (const eventStore of [subject.eventStore, await subject.another()]) {
    demandEvents(await readAll(eventStore), expected);
    demandEvents(await readStream(eventStore, FIRST), expected.slice(0, 2));
  }
}

async function leavesTheOther(subject: EventStoreUnderTest): Promise<void> {
  await recordAround(subject);
  await eraseFirst(subject, { actor: 'commitment a' });
  const [event] = await readAll(subject.eventStore);
  const { reason, reasonSalt } = METADATA;
  const expected = { actor: '', correlationId: 'c-1', reason, reasonSalt, commitmentToActor: 'commitment a' };
  demandSame({ what: 'metadata', actual: event?.metadata, expected });
}

async function isRepeatable(subject: EventStoreUnderTest): Promise<void> {
  await recordAround(subject);
  await eraseFirst(subject);
  const once = await readAll(subject.eventStore);
  await eraseFirst(subject);
  demandEvents(await readAll(subject.eventStore), once);
  const later = await subject.record(FIRST, 1, { metadata: METADATA });
  demandEvents(await readAll(subject.eventStore), [...once, ...later]);
}

async function refusesOthers(subject: EventStoreUnderTest): Promise<void> {
  const all = await recordAround(subject);
  const [one, other] = all;
  const { eventStore } = subject;
  if (one === undefined || other === undefined) return fail('the event is not there');
  const { id: eventId, revision, streamId } = one;
  for (const wrong of [{ eventId: other.id }, { revision: other.revision }, { streamId: SECOND }])
    await refusal(
      eventStore.erase?.({ streamId, revision, eventId, commitments: COMMITMENTS, ...wrong }) ?? Promise.resolve(),
      RangeError,
    );
  demandEvents(await readAll(subject.eventStore), all);
}

async function refusesNoText(subject: EventStoreUnderTest): Promise<void> {
  const all = await recordAround(subject);
  for (const name of ['actor', 'reason']) {
    const fault = await refusal(eraseFirst(subject, { [name]: 5 }), 'unserialisable-data');
    demandSame({
      what: 'message',
      actual: fault.message,
      expected: `$.commitments.${name} can't be stored: it is not text`,
    });
  }
  demandEvents(await readAll(subject.eventStore), all);
}
