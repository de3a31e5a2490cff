import { instant, parseInstant, type RecordedEvent } from '@login-policy/event-sourcing';
import { demandSame, fail } from '../../demand.js';
import type { Suite } from '../contract.js';
import { appendOf, BEGINNING, FIRST, SECOND, streamsOf, type EventStoreUnderTest } from './event-store-under-test.js';
import { demandEvents, readAll, readStream } from './reading.js';

const HOUR = 3_600_000;

/** The guarantees about `recordedAt` for any behaviour of the clock. */
export const recordingTime: Suite<EventStoreUnderTest> = {
  title: 'the time of recording',
  guarantees: {
    "is the clock's, to the millisecond": isTheClocks,
    'is the same for all events of an append': isTheSameInAnAppend,
    "is that of the stream's last event when the clock is behind it": neverGoesBack,
    'follows the clock back in another stream': isPerStream,
    'never goes back in a stream when another handle writes to it': neverGoesBackAcrossHandles,
    'never goes back in a stream while many write and the clock jumps': neverGoesBackUnderLoad,
    'does not change when the clock has moved on': doesNotChange,
    'is the one given by an append, as when a log is copied, but never goes back in a stream': isThatOfTheAppend,
  },
};

async function isTheClocks({ eventStore, record, clock }: EventStoreUnderTest): Promise<void> {
  const moments = [BEGINNING, '2024-06-13T06:44:39.051Z', '2024-12-31T23:59:59.999Z', '2400-02-29T00:00:00.001Z'];
  const instants = moments.map((moment) => parseInstant(moment));
  for (const at of instants) {
    clock.set(at);
    demandSame({ what: 'recordedAt', actual: (await record(FIRST, 1))[0]?.recordedAt, expected: at });
  }
  const stored = await readStream(eventStore, FIRST);
  demandSame({ what: 'instants', actual: stored.map((event) => event.recordedAt), expected: instants });
}

async function isThatOfTheAppend({ eventStore, newEvents, clock }: EventStoreUnderTest): Promise<void> {
  const start = clock() - 1000 * HOUR;
  for (const [streamId, hours] of [
    [FIRST, 0],
    [SECOND, 2],
    [FIRST, 1],
    [FIRST, -5],
  ] as const) {
    const recordedAt = instant(start + hours * HOUR);
    await eventStore.append({ ...appendOf(streamId, newEvents(2)), expected: 'any', recordedAt });
  }
  const actual = (await readAll(eventStore)).map((event) => (event.recordedAt - start) / HOUR);
  demandSame({ what: 'hours', actual, expected: [0, 0, 2, 2, 1, 1, 1, 1] });
}

async function isTheSameInAnAppend({ eventStore, newEvents, clock }: EventStoreUnderTest): Promise<void> {
  const answer = await eventStore.append(appendOf(FIRST, newEvents(50)));
  const expected = Array.from({ length: 50 }, () => clock());
  demandSame({ what: 'instants', actual: answer.map((event) => event.recordedAt), expected });
}

async function neverGoesBack({ eventStore, record, clock }: EventStoreUnderTest): Promise<void> {
  const latest = clock();
  const all = [...(await record(FIRST, 2))];
  clock.advance(-HOUR);
  all.push(...(await record(FIRST, 2)));
  clock.advance(-HOUR);
  all.push(...(await record(FIRST, 1)));
  clock.advance(2 * HOUR + 1);
  all.push(...(await record(FIRST, 1)));
  const expected = [latest, latest, latest, latest, latest, latest + 1];
  demandSame({ what: 'instants', actual: all.map((event) => event.recordedAt), expected });
  demandEvents(await readStream(eventStore, FIRST), all);
}

async function isPerStream({ eventStore, record, clock }: EventStoreUnderTest): Promise<void> {
  const latest = clock();
  await record(FIRST, 1);
  clock.advance(-HOUR);
  await record(SECOND, 1);
  const instants = (await readAll(eventStore)).map((event) => event.recordedAt);
  demandSame({ what: 'instants', actual: instants, expected: [latest, latest - HOUR] });
}

async function neverGoesBackAcrossHandles(subject: EventStoreUnderTest): Promise<void> {
  const other = await subject.another();
  const latest = subject.clock();
  await subject.record(FIRST, 1);
  subject.clock.advance(-HOUR);
  const answer = await other.append(appendOf(FIRST, subject.newEvents(1)));
  demandSame({ what: 'recordedAt', actual: answer[0]?.recordedAt, expected: latest });
}

async function neverGoesBackUnderLoad(subject: EventStoreUnderTest): Promise<void> {
  const stores = [subject.eventStore, await subject.another()];
  const streams = streamsOf('Counter', 3);
  const write = async (writer: number): Promise<void> => {
    for (let round = 0; round < 10; round++) {
      subject.clock.advance(((writer * 7 + round * 13) % 11) - 5);
      const stream = streams[(writer + round) % streams.length] ?? FIRST;
      await (stores[writer % 2] ?? subject.eventStore).append(appendOf(stream, subject.newEvents(2)));
    }
  };
  await Promise.all(Array.from({ length: 12 }, (_, writer) => write(writer)));
  let count = 0;
  for (const stream of streams) {
    const events = await readStream(subject.eventStore, stream);
    demandNeverBack(events);
    count += events.length;
  }
  demandSame({ what: 'number of events', actual: count, expected: 240 });
}

async function doesNotChange(subject: EventStoreUnderTest): Promise<void> {
  const answer = await subject.record(FIRST, 2);
  for (const jump of [HOUR, -3 * HOUR]) {
    subject.clock.advance(jump);
    await subject.record(SECOND, 1);
    demandEvents(await readStream(subject.eventStore, FIRST), answer);
    demandEvents(await readStream(await subject.another(), FIRST), answer);
  }
  demandSame({ what: 'number of events', actual: answer.length, expected: 2 });
}

function demandNeverBack(events: readonly RecordedEvent[]): void {
  for (const [index, { recordedAt }] of events.entries()) {
    const before = events[index - 1]?.recordedAt ?? recordedAt;
    if (recordedAt < before) fail(`recordedAt went back by ${before - recordedAt} ms at event ${index}`);
  }
}
