import { describeContract, type TestRunner, type Suite } from './contract.js';
import { appending } from './event-store/appending.js';
import { closing } from './event-store/closing.js';
import { deadlines, frozenDeadlines } from './event-store/deadlines.js';
import { concurrentWriters } from './event-store/concurrent-writers.js';
import { erasing } from './event-store/erasing.js';
import {
  eventStoreUnderTest,
  type EventStoreUnderTest,
  type EventStoreFixture,
} from './event-store/event-store-under-test.js';
import { expectedRevisions } from './event-store/expected-revisions.js';
import { lostHistories } from './event-store/lost-histories.js';
import { manyStreams } from './event-store/many-streams.js';
import { orderOfCommits } from './event-store/order-of-commits.js';
import { otherStreams, otherStreamsAtOnce } from './event-store/other-streams.js';
import { payloads } from './event-store/payloads.js';
import { readingAll } from './event-store/reading-all.js';
import { readingByStream } from './event-store/reading-by-stream.js';
import { readingWhileWritten } from './event-store/reading-while-written.js';
import { readingStreams } from './event-store/reading-streams.js';
import { receipts } from './event-store/receipts.js';
import { recordingTime } from './event-store/recording-time.js';
import { manySubscriptions, subscriptionEnds } from './event-store/subscription-ends.js';
import { subscriptions } from './event-store/subscriptions.js';
import { wholeAppends } from './event-store/whole-appends.js';

/**
 * Tests every promise of the port `EventStore` as a suite of `runner`. A store that passes can replace any other; a
 * store that does nothing fails every test.
 */
export function eventStoreContract(fixture: EventStoreFixture, runner: TestRunner): void {
  describeContract<EventStoreUnderTest>(
    {
      title: `the event store of ${fixture.name}`,
      suites: [
        ...suitesOf(fixture.veryMany ?? 1000),
        ...(fixture.readsStreams === true ? [readingByStream] : []),
        ...(fixture.erases === true ? [erasing] : []),
        ...(fixture.looksElsewhereFirst === true ? [] : [otherStreamsAtOnce]),
        ...(fixture.freezes === true ? [frozenDeadlines] : []),
      ],
      waitLimitMs: fixture.waitLimitMs,
      open: () => eventStoreUnderTest(fixture),
    },
    runner,
  );
}

function suitesOf(veryMany: number): readonly Suite<EventStoreUnderTest>[] {
  return [
    appending,
    expectedRevisions,
    otherStreams,
    concurrentWriters,
    orderOfCommits,
    readingStreams,
    readingAll,
    readingWhileWritten,
    lostHistories,
    subscriptions,
    subscriptionEnds,
    manySubscriptions(Math.ceil(veryMany / 25)),
    receipts,
    recordingTime,
    payloads,
    wholeAppends,
    manyStreams(veryMany),
    deadlines,
    closing,
  ];
}
