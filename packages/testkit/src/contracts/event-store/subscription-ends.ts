import { START } from '@login-policy/event-sourcing';
import type { SubscriptionMessage } from '@login-policy/event-sourcing/store';
import { demandSame, fail } from '../../demand.js';
import type { Suite } from '../contract.js';
import { begun, within } from '../waiting.js';
import { refusal } from '../refusals.js';
import { FIRST, recordEach, type EventStoreUnderTest } from './event-store-under-test.js';
import { Follower } from './follower.js';
import { demandEvents } from './reading.js';

/** The ways a subscription ends. */
export const subscriptionEnds: Suite<EventStoreUnderTest> = {
  title: 'the end of a subscription',
  promises: {
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
    promises: { 'leave the store as it was when they end': (subject) => endTogether(subject, count) },
  };
}

async function endsWaitingReader({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  const all = await record(FIRST, 2);
  const control = new AbortController();
  const follower = new Follower(eventStore, { signal: control.signal });
  await follower.untilCaughtUp(all[1]?.position ?? START);
  const waiting = begun(follower.untilEnd());
  control.abort();
  await waiting;
  demandEvents(follower.events, all);
  demandSame({ what: 'a message after the end', actual: await follower.next(), expected: undefined });
}

async function endsBusyReader(subject: EventStoreUnderTest): Promise<void> {
  const { eventStore } = subject;
  const all = await recordEach(subject, FIRST, 20);
  const control = new AbortController();
  const follower = new Follower(eventStore, { pageSize: 2, signal: control.signal });
  await follower.untilCount(4);
  control.abort();
  await follower.untilEnd();
  if (follower.events.length > 6) fail(`it went on for ${follower.events.length - 4} events after the signal`);
  demandEvents(follower.events, all.slice(0, follower.events.length));
}

async function endsAtOnce({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  const all = await record(FIRST, 2);
  const follower = new Follower(eventStore, { signal: AbortSignal.abort() });
  await follower.untilEnd();
  demandEvents(follower.events, []);
  demandSame({ what: 'count', actual: all.length, expected: 2 });
}

async function endsForStoppedReader({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  const all = await record(FIRST, 2);
  const kinds: string[] = [];
  for await (const message of eventStore.subscribe()) {
    kinds.push(message.kind);
    if (message.kind === 'caught-up') break;
  }
  demandSame({ what: 'messages', actual: [kinds[0], kinds.at(-1)], expected: ['events', 'caught-up'] });
  const follower = new Follower(eventStore, { after: all[0]?.position ?? START });
  await follower.untilCount(1);
  await follower.leave();
  demandSame({ what: 'a message after the end', actual: await follower.next(), expected: undefined });
  demandSame({ what: 'revision', actual: (await record(FIRST, 1))[0]?.revision, expected: 2n });
}

async function endsForReaderStoppedWaiting({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  await record(FIRST, 1);
  const messages = eventStore.subscribe()[Symbol.asyncIterator]();
  let message: IteratorResult<SubscriptionMessage>;
  do {
    message = await within('a message', messages.next());
    if (message.done === true) return fail('a subscription must not end by itself');
  } while (message.value.kind !== 'caught-up');
  const waiting = begun(messages.next());
  if (messages.return === undefined) return fail('the iterator of a subscription must have `return`');
  const left = await within('the return', messages.return());
  demandSame({ what: 'done', actual: left.done, expected: true });
  demandSame({ what: 'done', actual: (await within('the waiting reader', waiting)).done, expected: true });
  demandSame({ what: 'revision', actual: (await record(FIRST, 1))[0]?.revision, expected: 1n });
}

async function endsByClosing({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  const all = await record(FIRST, 2);
  const followers = [new Follower(eventStore), new Follower(eventStore)];
  for (const follower of followers) await follower.untilCaughtUp(all[1]?.position ?? START);
  const waiting = followers.map((follower) => begun(refusal(follower.next(), 'store-closed')));
  await within('the close', eventStore.close());
  await Promise.all(waiting);
}

async function endTogether({ eventStore, record }: EventStoreUnderTest, count: number): Promise<void> {
  const all = await record(FIRST, 1);
  const controls = Array.from({ length: count }, () => new AbortController());
  const followers = controls.map(({ signal }) => new Follower(eventStore, { signal }));
  await Promise.all(followers.map((follower) => follower.untilCaughtUp(all[0]?.position ?? START)));
  const ends = followers.map((follower, index) => (index % 2 === 0 ? follower.leave() : follower.untilEnd()));
  for (const control of controls) control.abort();
  await Promise.all(ends);
  for (const follower of followers) demandEvents(follower.events, all);
  const late = new Follower(eventStore);
  const more = await record(FIRST, 1);
  await late.untilCount(2);
  demandEvents(late.events, [...all, ...more]);
  await late.leave();
}
