import { type EventStore, isFault, revision, START } from '@login-policy/event-sourcing';
import type { Append, StreamReceipt } from '@login-policy/event-sourcing/store';
import { demandSame, fail } from '../../demand.js';
import type { Suite } from '../contract.js';
import { hasSucceeded, outcomeOf, refusal } from '../refusals.js';
import { FIRST, SECOND, type EventStoreUnderTest } from './event-store-under-test.js';
import { demandEvents, readAll } from './reading.js';

const KEY = 'command-1';
const FINGERPRINT = 'count by 1';

/** Receipts, by which a repeated command is recognised. */
export const receipts: Suite<EventStoreUnderTest> = {
  title: 'a receipt',
  guarantees: {
    'is stored with the events of its append, and found through every handle': isStoredWithEvents,
    'is not found under another key or for another stream': isNotFoundElsewhere,
    'that exists makes a second append fail, with any events': refusesSecond,
    'that exists is reported before an unmet revision': isReportedFirst,
    'with the same key can exist for every stream': isPerStream,
    'of a command without events is stored for a stream that exists, and adds no event': isStoredWithoutEvents,
    'of a command without events requires the expected revision, too': requiresRevision,
    'of a command without events is refused for a stream that does not exist': requiresStream,
    'of a refused append is not stored': isNotStoredOfRefused,
    'is stored for exactly one of many concurrent appends': (subject) => isStoredOnce(subject, 2),
    'of a command without events is stored for exactly one of many concurrent commands': (subject) =>
      isStoredOnce(subject, 0),
    'is stored and listed under any key': takesAnyKey,
    'is listed with all others, where a store can list them': isListed,
  },
};

async function isListed(subject: EventStoreUnderTest): Promise<void> {
  const { eventStore } = subject;
  demandSame({ what: 'receipts', actual: await listReceipts(eventStore), expected: [] });
  await appendWithReceipt(subject, { count: 2, key: 'a' });
  demandSame({ what: 'key', actual: (await eventStore.receipt(FIRST, 'a'))?.key, expected: 'a' });
  if (eventStore.receipts === undefined) return;
  await appendWithReceipt(subject, { count: 0, key: 'b' });
  await subject.record(FIRST, 1);
  await appendWithReceipt(subject, { count: 1, stream: SECOND, key: 'a', fingerprint: 'another' });
  await appendWithReceipt(subject, { count: 0, stream: SECOND, key: 'c' });
  const expected = [
    { streamId: FIRST, key: 'a', fingerprint: FINGERPRINT, revision: revision(1) },
    { streamId: FIRST, key: 'b', fingerprint: FINGERPRINT, revision: revision(1) },
    { streamId: SECOND, key: 'a', fingerprint: 'another', revision: revision(0) },
    { streamId: SECOND, key: 'c', fingerprint: FINGERPRINT, revision: revision(0) },
  ];
  demandSame({ what: 'receipts by stream', actual: await listReceipts(eventStore), expected });
  for (const pageSize of [1, 3, 500]) {
    demandSame({
      what: `receipts by ${pageSize}`,
      actual: await listReceipts(await subject.another(), pageSize),
      expected,
    });
  }
}

/** Sorted by stream and key, because the order of a store is not defined. */
async function listReceipts(store: EventStore, pageSize?: number): Promise<readonly StreamReceipt[]> {
  const found: StreamReceipt[] = [];
  for await (const page of store.receipts?.(pageSize === undefined ? {} : { pageSize }) ?? []) found.push(...page);
  const nameOf = ({ streamId, key }: StreamReceipt): string => `${streamId} ${key}`;
  return found.sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
}

interface ReceiptAppend {
  readonly count: number;
  readonly stream?: Append['streamId'];
  readonly expected?: Append['expected'];
  readonly key?: string;
  readonly fingerprint?: string;
  readonly store?: EventStore;
}

function appendWithReceipt(subject: EventStoreUnderTest, append: ReceiptAppend): ReturnType<EventStore['append']> {
  const { count, stream = FIRST, expected = 'any', key = KEY, fingerprint = FINGERPRINT } = append;
  const events = subject.newEvents(count);
  const store = append.store ?? subject.eventStore;
  return store.append({ streamId: stream, expected, events, receipt: { key, fingerprint } });
}

async function isStoredWithEvents(subject: EventStoreUnderTest): Promise<void> {
  await subject.record(FIRST, 3);
  const answer = await appendWithReceipt(subject, { count: 2 });
  demandSame({ what: 'number of events', actual: answer.length, expected: 2 });
  await subject.record(FIRST, 1);
  for (const store of [subject.eventStore, await subject.another()]) {
    await demandReceipt(store, FIRST, { key: KEY, fingerprint: FINGERPRINT, revision: revision(4) });
  }
}

async function isNotFoundElsewhere(subject: EventStoreUnderTest): Promise<void> {
  await subject.record(SECOND, 1);
  await demandReceipt(subject.eventStore, FIRST, undefined);
  await appendWithReceipt(subject, { count: 1 });
  await demandReceipt(subject.eventStore, SECOND, undefined);
  for (const similar of [KEY.toUpperCase(), `${KEY} `, ` ${KEY}`, KEY.slice(0, -1)]) {
    const unlike = await subject.eventStore.receipt(FIRST, similar);
    demandSame({ what: 'receipt', actual: unlike, expected: undefined });
  }
  await demandReceipt(subject.eventStore, FIRST, { key: KEY, fingerprint: FINGERPRINT, revision: revision(0) });
}

async function refusesSecond(subject: EventStoreUnderTest): Promise<void> {
  const before = await appendWithReceipt(subject, { count: 2 });
  for (const count of [2, 0]) {
    const exists = await refusal(appendWithReceipt(subject, { count, fingerprint: 'another' }), 'receipt-exists');
    demandSame({ what: 'facts', actual: exists.facts, expected: { streamId: FIRST, key: KEY } });
  }
  const throughOther = { count: 1, store: await subject.another() };
  await refusal(appendWithReceipt(subject, throughOther), 'receipt-exists');
  demandEvents(await readAll(subject.eventStore), before);
  await demandReceipt(subject.eventStore, FIRST, { key: KEY, fingerprint: FINGERPRINT, revision: revision(1) });
}

async function isReportedFirst(subject: EventStoreUnderTest): Promise<void> {
  await appendWithReceipt(subject, { count: 2, expected: 'no-stream' });
  for (const expected of ['no-stream', revision(0), revision(9)] as const) {
    await refusal(appendWithReceipt(subject, { count: 1, expected }), 'receipt-exists');
  }
  await refusal(appendWithReceipt(subject, { count: 1, expected: 'no-stream', key: 'new' }), 'revision-conflict');
}

async function isPerStream(subject: EventStoreUnderTest): Promise<void> {
  await appendWithReceipt(subject, { count: 1 });
  await appendWithReceipt(subject, { count: 2, stream: SECOND, fingerprint: 'another' });
  await demandReceipt(subject.eventStore, FIRST, { key: KEY, fingerprint: FINGERPRINT, revision: revision(0) });
  await demandReceipt(subject.eventStore, SECOND, { key: KEY, fingerprint: 'another', revision: revision(1) });
}

async function isStoredWithoutEvents(subject: EventStoreUnderTest): Promise<void> {
  const before = await subject.record(FIRST, 3);
  const head = await subject.eventStore.head();
  const answer = await appendWithReceipt(subject, { count: 0, expected: revision(2) });
  demandSame({ what: 'answer', actual: answer.length, expected: 0 });
  for (const store of [subject.eventStore, await subject.another()]) {
    await demandReceipt(store, FIRST, { key: KEY, fingerprint: FINGERPRINT, revision: revision(2) });
  }
  demandEvents(await readAll(subject.eventStore), before);
  demandSame({ what: 'head', actual: await subject.eventStore.head(), expected: head });
  demandSame({ what: 'next revision', actual: (await subject.record(FIRST, 1))[0]?.revision, expected: 3n });
}

async function requiresRevision(subject: EventStoreUnderTest): Promise<void> {
  await subject.record(FIRST, 3);
  for (const expected of ['no-stream', revision(1), revision(3)] as const) {
    await refusal(appendWithReceipt(subject, { count: 0, expected }), 'revision-conflict');
  }
  await demandReceipt(subject.eventStore, FIRST, undefined);
}

async function requiresStream(subject: EventStoreUnderTest): Promise<void> {
  for (const expected of ['any', 'no-stream'] as const) {
    await refusal(appendWithReceipt(subject, { count: 0, expected }), RangeError);
  }
  await demandReceipt(subject.eventStore, FIRST, undefined);
  await subject.record(FIRST, 1);
  await appendWithReceipt(subject, { count: 0 });
}

async function isNotStoredOfRefused(subject: EventStoreUnderTest): Promise<void> {
  await subject.record(FIRST, 1);
  await refusal(appendWithReceipt(subject, { count: 1, expected: revision(5) }), 'revision-conflict');
  await demandReceipt(subject.eventStore, FIRST, undefined);
  await appendWithReceipt(subject, { count: 1, expected: revision(0) });
  await demandReceipt(subject.eventStore, FIRST, { key: KEY, fingerprint: FINGERPRINT, revision: revision(1) });
}

async function isStoredOnce(subject: EventStoreUnderTest, count: number): Promise<void> {
  await subject.record(FIRST, 1);
  const stores = [subject.eventStore, await subject.another()];
  const calls = Array.from({ length: 16 }, (_, index) => {
    const store = stores[index % 2] ?? subject.eventStore;
    return outcomeOf(appendWithReceipt(subject, { count, store, fingerprint: `attempt ${index}` }));
  });
  const outcomes = await Promise.all(calls);
  const winner = outcomes.findIndex(hasSucceeded);
  demandSame({ what: 'winners', actual: outcomes.filter(hasSucceeded).length, expected: 1 });
  for (const outcome of outcomes) {
    if (!hasSucceeded(outcome) && !isFault(outcome.error, 'receipt-exists')) throw outcome.error;
  }
  demandSame({ what: 'number of events', actual: (await readAll(subject.eventStore)).length, expected: 1 + count });
  const stored = { key: KEY, fingerprint: `attempt ${winner}`, revision: revision(count) };
  await demandReceipt(subject.eventStore, FIRST, stored);
}

async function takesAnyKey(subject: EventStoreUnderTest): Promise<void> {
  const keys = [
    'constructor',
    '__proto__',
    "it's; --",
    'Käse 🧀',
    'כן',
    ' ',
    'x'.repeat(200),
    '1',
    '01',
    '\0',
    'a',
    'a\0',
    'a\0b',
  ];
  for (const [index, key] of keys.entries())
    await appendWithReceipt(subject, { count: 1, key, fingerprint: `${index}\0${key}` });
  const other = await subject.another();
  for (const [index, key] of keys.entries()) {
    const receipt = await other.receipt(FIRST, key);
    const expected = { key, fingerprint: `${index}\0${key}`, revision: revision(index) };
    demandSame({ what: `receipt under ${key}`, actual: receipt, expected });
  }
  const listed = (await listReceipts(other, 2)).map(({ key }) => key);
  if (other.receipts !== undefined) demandSame({ what: 'listed keys', actual: listed, expected: keys.toSorted() });
  if ((await subject.eventStore.head()) === START) fail('the head is START although there are events');
}

async function demandReceipt(
  store: EventStore,
  stream: Append['streamId'],
  expected: Awaited<ReturnType<EventStore['receipt']>>,
): Promise<void> {
  demandSame({ what: 'receipt', actual: await store.receipt(stream, KEY), expected });
}
