import { revision, START, type RecordedEvent, type StreamId } from '@login-policy/event-sourcing';
import { demandSame, fail } from '../../demand.js';
import type { Suite } from '../contract.js';
import { streamsOf, type EventStoreUnderTest } from './event-store-under-test.js';
import { Subscriber } from './subscriber.js';
import { demandIds, readAll, readStream } from './reading.js';

const BATCH = 100;

/** What holds when there are very many streams. */
export function manyStreams(count: number): Suite<EventStoreUnderTest> {
  return {
    title: `${count} streams`,
    deadlineMs: 60_000 + count * 20,
    guarantees: {
      'are separate, in order, and found by category': (subject) => areSeparate(subject, count),
    },
  };
}

async function areSeparate(subject: EventStoreUnderTest, count: number): Promise<void> {
  const perCategory = Math.ceil(count / 2);
  const streams = [...streamsOf('Counter', perCategory), ...streamsOf('Gauge', perCategory)];
  const answers: RecordedEvent[] = [];
  for (let done = 0; done < streams.length; done += BATCH) {
    const batch = streams.slice(done, done + BATCH).map((stream) => subject.record(stream, 1));
    answers.push(...(await Promise.all(batch)).flat());
  }
  const all = answers.toSorted((left, right) => (left.position < right.position ? -1 : 1));
  demandSame({ what: 'number of events', actual: all.length, expected: streams.length });
  demandIds(await readAll(subject.eventStore, { pageSize: 1000 }), all);
  const gauges = all.filter((event) => event.streamId.startsWith('Gauge-'));
  demandIds(await readAll(subject.eventStore, { filter: { categories: ['Gauge'] } }), gauges);
  await demandFollowed(subject, all);
  for (let index = 0; index < streams.length; index += 499) {
    await demandOwnEvents(subject, streams[index] ?? fail('no such stream'));
  }
}

async function demandFollowed(subject: EventStoreUnderTest, all: readonly RecordedEvent[]): Promise<void> {
  const subscriber = new Subscriber(subject.eventStore);
  await subscriber.untilCaughtUp(all.at(-1)?.position ?? START);
  demandIds(subscriber.events, all);
  await subscriber.leave();
}

async function demandOwnEvents({ eventStore, newEvents }: EventStoreUnderTest, stream: StreamId): Promise<void> {
  const [more] = await eventStore.append({ streamId: stream, expected: revision(0), events: newEvents(1) });
  const own = await readStream(eventStore, stream);
  demandSame({ what: `events of ${stream}`, actual: own.map((event) => event.streamId), expected: [stream, stream] });
  demandSame({ what: 'last', actual: own.at(-1)?.id, expected: more?.id });
}
