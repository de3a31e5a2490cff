import { START } from '@login-policy/event-sourcing';
import type { SubscriptionMessage } from '@login-policy/event-sourcing/store';
import { demandSame, fail } from '../../demand.js';
import type { Suite } from '../contract.js';
import { awaitedLater, within } from '../waiting.js';
import { refusal } from '../refusals.js';
import { FIRST, recordEach, type EventStoreUnderTest } from './event-store-under-test.js';
import { Subscriber } from './subscriber.js';
import { demandEvents } from './reading.js';

/** The ways a subscription ends. */
export const subscriptionEnds: Suite<EventStoreUnderTest> = {
  title: 'the end of a subscription',
  guarantees: {
    'comes without an error when the signal fires while the reader waits': endsWaitingReader,
    'comes without an error when the signal fires between two messages': endsBusyReader,
    'comes at once when the signal has fired before': endsAtOnce,
    'comes when the reader stops, and the store keeps working': endsForStoppedReader,
    'comes when the reader stops while waiting for a message': endsForReaderStoppedWaiting,
    'comes with StoreClosed when the store is closed while the reader waits': endsByClosing,
  },
};

/** What holds with very many subscribers at once. */
export function manySubscriptions(count: number): Suite<EventStoreUnderTest> {
  return {
    title: `${count} subscriptions at once`,
    deadlineMs: 60_000 + count * 200,
    guarantees: { 'leave the store as it was when they end': (subject) => endTogether(subject, count) },
  };
}

async function endsWaitingReader({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  const all = await record(FIRST, 2);
  const control = new AbortController();
  const subscriber = new Subscriber(eventStore, { signal: control.signal });
  await subscriber.untilCaughtUp(all[1]?.position ?? START);
  const waiting = awaitedLater(subscriber.untilEnd());
  control.abort();
  await waiting;
  demandEvents(subscriber.events, all);
  demandSame({ what: 'a message after the end', actual: await subscriber.next(), expected: undefined });
}

async function endsBusyReader(subject: EventStoreUnderTest): Promise<void> {
  const { eventStore } = subject;
  const all = await recordEach(subject, FIRST, 20);
  const control = new AbortController();
  const subscriber = new Subscriber(eventStore, { pageSize: 2, signal: control.signal });
  await subscriber.untilCount(4);
  control.abort();
  await subscriber.untilEnd();
  if (subscriber.events.length > 6) fail(`it went on for ${subscriber.events.length - 4} events after the signal`);
  demandEvents(subscriber.events, all.slice(0, subscriber.events.length));
}

async function endsAtOnce({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  const all = await record(FIRST, 2);
  const subscriber = new Subscriber(eventStore, { signal: AbortSignal.abort() });
  await subscriber.untilEnd();
  demandEvents(subscriber.events, []);
  demandSame({ what: 'number of events', actual: all.length, expected: 2 });
}

async function endsForStoppedReader({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  const all = await record(FIRST, 2);
  const kinds: string[] = [];
  for await (const message of eventStore.subscribe()) {
    kinds.push(message.kind);
    if (message.kind === 'caught-up') break;
  }
  demandSame({ what: 'messages', actual: [kinds[0], kinds.at(-1)], expected: ['events', 'caught-up'] });
  const subscriber = new Subscriber(eventStore, { after: all[0]?.position ?? START });
  await subscriber.untilCount(1);
  await subscriber.leave();
  demandSame({ what: 'a message after the end', actual: await subscriber.next(), expected: undefined });
  demandSame({ what: 'revision', actual: (await record(FIRST, 1))[0]?.revision, expected: 2n });
}

async function endsForReaderStoppedWaiting({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  await record(FIRST, 1);
  const messages = eventStore.subscribe()[Symbol.asyncIterator]();
  let message: IteratorResult<SubscriptionMessage>;
  do {
    message = await within('getting a message', messages.next());
    if (message.done === true) return fail('a subscription must not end by itself');
  } while (message.value.kind !== 'caught-up');
  const waiting = awaitedLater(messages.next());
  if (messages.return === undefined) return fail('the iterator of a subscription must have `return`');
  const left = await within('ending the subscription', messages.return());
  demandSame({ what: 'done', actual: left.done, expected: true });
  demandSame({ what: 'done', actual: (await within('the waiting reader', waiting)).done, expected: true });
  demandSame({ what: 'revision', actual: (await record(FIRST, 1))[0]?.revision, expected: 1n });
}

async function endsByClosing({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  const all = await record(FIRST, 2);
  const subscribers = [new Subscriber(eventStore), new Subscriber(eventStore)];
  for (const subscriber of subscribers) await subscriber.untilCaughtUp(all[1]?.position ?? START);
  const waiting = subscribers.map((subscriber) => awaitedLater(refusal(subscriber.next(), 'store-closed')));
  await within('closing the store', eventStore.close());
  await Promise.all(waiting);
}

async function endTogether({ eventStore, record }: EventStoreUnderTest, count: number): Promise<void> {
  const all = await record(FIRST, 1);
  const controls = Array.from({ length: count }, () => new AbortController());
  const subscribers = controls.map(({ signal }) => new Subscriber(eventStore, { signal }));
  await Promise.all(subscribers.map((subscriber) => subscriber.untilCaughtUp(all[0]?.position ?? START)));
  const ends = subscribers.map((subscriber, index) => (index % 2 === 0 ? subscriber.leave() : subscriber.untilEnd()));
  for (const control of controls) control.abort();
  await Promise.all(ends);
  for (const subscriber of subscribers) demandEvents(subscriber.events, all);
  const late = new Subscriber(eventStore);
  const more = await record(FIRST, 1);
  await late.untilCount(2);
  demandEvents(late.events, [...all, ...more]);
  await late.leave();
}
