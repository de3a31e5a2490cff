import { laterPosition, START, type EventStore, type Position, type RecordedEvent } from '@login-policy/event-sourcing';
import { demandSame, fail } from '../../demand.js';
import type { Suite } from '../contract.js';
import { yieldToLoop } from '../waiting.js';
import { appendOf, FIRST, SECOND, streamsOf, type EventStoreUnderTest } from './event-store-under-test.js';
import { Subscriber } from './subscriber.js';
import { demandEvents, demandIds, readAll, readStream } from './reading.js';

const WRITERS = 8;
const ROUNDS = 15;
const EVENTS = WRITERS * ROUNDS * 2;

/** Positions are in commit order, for every reader at any time. */
export const orderOfCommits: Suite<EventStoreUnderTest> = {
  title: 'the order of positions',
  deadlineMs: 60_000,
  guarantees: {
    'is that of sequential appends, through any handle': followsSequentialAppends,
    'puts an append that begins after another has returned behind that one, while many write': followsReturnedAppends,
    'keeps the events of one append together, while many write': keepsAppendsTogether,
    'agrees with the order within each stream': agreesWithStreams,
    'is the order that a continuing reader sees, while many write': isSeenByReaders,
    'is the order that a subscriber sees, while many write': isSeenBySubscribers,
    'has the last event at the head': hasHead,
  },
};

async function followsSequentialAppends(subject: EventStoreUnderTest): Promise<void> {
  const stores = [subject.eventStore, await subject.another()];
  const answers: RecordedEvent[] = [];
  for (let round = 0; round < 10; round++) {
    for (const store of stores) {
      answers.push(...(await store.append(appendOf(round % 3 === 0 ? FIRST : SECOND, subject.newEvents(1)))));
    }
  }
  demandSame({ what: 'number of events', actual: answers.length, expected: 20 });
  demandRising(answers);
  for (const store of stores) demandEvents(await readAll(store), answers);
}

async function followsReturnedAppends(subject: EventStoreUnderTest): Promise<void> {
  let answered: Position = START;
  let count = 0;
  await writeConcurrently(subject, async (append) => {
    const before = answered;
    const events = await append();
    for (const { position } of events) {
      if (position <= before) fail(`position ${position} was given after ${before} had been answered`);
      answered = laterPosition(answered, position);
      count += 1;
    }
  });
  demandSame({ what: 'number of events', actual: count, expected: EVENTS });
  demandSame({ what: 'head', actual: await subject.eventStore.head(), expected: answered });
}

async function keepsAppendsTogether(subject: EventStoreUnderTest): Promise<void> {
  await writeConcurrently(subject, async (append) => {
    await append();
  });
  const all = await readAll(subject.eventStore);
  demandSame({ what: 'number of events', actual: all.length, expected: EVENTS });
  for (let index = 0; index < all.length; index += 2) {
    const [left, right] = [all[index], all[index + 1]];
    if (left?.streamId !== right?.streamId || left?.revision !== (right?.revision ?? 0n) - 1n) {
      fail(`between the two events of an append to ${left?.streamId} stands one of ${right?.streamId}`);
    }
  }
}

async function agreesWithStreams(subject: EventStoreUnderTest): Promise<void> {
  await writeConcurrently(subject, async (append) => {
    await append();
  });
  const all = await readAll(subject.eventStore);
  demandRising(all);
  for (const stream of streamsOf('Counter', WRITERS)) {
    const own = await readStream(subject.eventStore, stream);
    demandSame({ what: 'number of events', actual: own.length, expected: ROUNDS * 2 });
    demandEvents(
      all.filter((event) => event.streamId === stream),
      own,
    );
  }
}

async function isSeenByReaders(subject: EventStoreUnderTest): Promise<void> {
  const stores = [subject.eventStore, await subject.another()];
  const writing = { isDone: false };
  const writers = writeConcurrently(subject, async (append) => {
    await append();
  }).finally(() => {
    writing.isDone = true;
  });
  const readers = stores.map((store) => readWhileWriting(store, writing));
  const [seen, seenByOther] = await Promise.all([...readers, writers]);
  const all = await readAll(subject.eventStore);
  demandSame({ what: 'number of events', actual: all.length, expected: EVENTS });
  demandIds(seen ?? [], all);
  demandIds(seenByOther ?? [], all);
}

async function isSeenBySubscribers(subject: EventStoreUnderTest): Promise<void> {
  const stores = [subject.eventStore, await subject.another()];
  const subscribers = stores.map((store) => new Subscriber(store, { pageSize: 5 }));
  const following = subscribers.map((subscriber) => subscriber.untilCount(EVENTS));
  const writers = writeConcurrently(subject, async (append) => {
    await append();
  });
  await Promise.all([writers, ...following]);
  const all = await readAll(subject.eventStore);
  for (const subscriber of subscribers) {
    demandIds(subscriber.events, all);
    await subscriber.leave();
  }
}

async function hasHead({ eventStore, record, another }: EventStoreUnderTest): Promise<void> {
  demandSame({ what: 'head', actual: await eventStore.head(), expected: START });
  const other = await another();
  for (const stream of [FIRST, SECOND]) {
    const answer = await record(stream, 2);
    const last = answer.at(-1)?.position ?? START;
    if (last <= START) fail('expected the last event after START');
    for (const store of [eventStore, other]) demandSame({ what: 'head', actual: await store.head(), expected: last });
  }
}

/** Eight writers on eight streams and two handles. `appendOnce` makes each append, of two events. */
async function writeConcurrently(
  subject: EventStoreUnderTest,
  appendOnce: (append: () => Promise<readonly RecordedEvent[]>) => Promise<void>,
): Promise<void> {
  const other = await subject.another();
  const write = async (store: EventStore, index: number): Promise<void> => {
    const stream = streamsOf('Counter', WRITERS)[index] ?? FIRST;
    for (let round = 0; round < ROUNDS; round++) {
      await appendOnce(() => store.append(appendOf(stream, subject.newEvents(2))));
    }
  };
  await Promise.all(
    Array.from({ length: WRITERS }, (_, index) => write(index % 2 === 0 ? subject.eventStore : other, index)),
  );
}

/** Reads on from the last event seen until the writers have ended, and then once more. */
async function readWhileWriting(
  store: EventStore,
  writing: { readonly isDone: boolean },
): Promise<readonly RecordedEvent[]> {
  const seen: RecordedEvent[] = [];
  for (let isLast = false; ; isLast = writing.isDone) {
    const after = seen.at(-1)?.position ?? START;
    seen.push(...(await readAll(store, { after, pageSize: 7 })));
    demandRising(seen);
    if (isLast) return seen;
    await yieldToLoop();
  }
}

function demandRising(events: readonly RecordedEvent[]): void {
  let last: Position = START;
  for (const { position } of events) {
    if (position <= last) fail(`position ${position} comes after ${last}`);
    last = position;
  }
}
