import { setImmediate as yieldToLoop } from 'node:timers/promises';
import { type EventStore, Fault, isFault, type RecordedEvent, START } from '@login-policy/event-sourcing';
import type { Append, StreamReceipt } from '@login-policy/event-sourcing/store';
import { disguising, type EventStoreMutation, type Mutant } from './mutant.js';

/** Stores that do one thing wrong when they write. */
export const mutantsThatWrite: readonly Mutant<EventStoreMutation>[] = [
  {
    does: 'records the events of an append one by one',
    noticedBy: 'is visible to a concurrent reader as a whole or not at all',
    mutation: ({ store }) => ({ append: (append) => oneByOne(store, append) }),
  },
  {
    does: 'lets another append in between the events of one',
    noticedBy: 'keeps the events of one append together, while many write',
    mutation: ({ store }) => ({ append: (append) => oneByOne(store, append) }),
  },
  {
    does: 'records the first event of an append that it refuses',
    noticedBy: 'that is refused writes none of its events',
    mutation: ({ store }) => ({
      async append(append) {
        try {
          return await store.append(append);
        } catch (refusal) {
          await store.append({ ...append, expected: 'any', events: append.events.slice(0, 1) });
          throw refusal;
        }
      },
    }),
  },
  {
    does: 'looks at the revision and writes later',
    noticedBy: 'at one revision: one wins, the others get the actual revision',
    mutation: ({ store }) => ({
      async append(append) {
        await refuseUnexpected(store, append);
        await yieldToLoop();
        return store.append({ ...append, expected: 'any' });
      },
    }),
  },
  {
    does: 'ignores what another stream ends with',
    noticedBy: 'is refused where the other stream ends with another event, and names that event',
    mutation: ({ store }) => ({ append: ({ expectedElsewhere: _, ...append }) => store.append(append) }),
  },
  {
    does: 'looks at another stream and writes later',
    noticedBy: 'is recorded before the change or not at all',
    mutation: ({ store }) => ({
      async append({ expectedElsewhere, ...append }) {
        if (expectedElsewhere === undefined) return store.append(append);
        const { streamId, eventId: expected } = expectedElsewhere;
        const actual = await lastIn(store, streamId);
        if (actual?.id !== expected)
          throw new Fault('other-stream-changed', { streamId, expected, actual: actual?.id });
        await yieldToLoop();
        return store.append(append);
      },
    }),
  },
  {
    does: 'loses updates',
    noticedBy: 'on one stream, each retrying on a conflict, lose no update',
    mutation: ({ store }) => ({ append: (append) => store.append({ ...append, expected: 'any' }) }),
  },
  {
    does: 'tells the wrong revision in a conflict',
    noticedBy: 'of an event before the last is not met',
    mutation: ({ store }) => ({
      append: (append) =>
        store.append(append).catch((refusal: unknown) => {
          if (!isFault(refusal, 'revision-conflict')) throw refusal;
          throw new Fault('revision-conflict', { ...refusal.facts, actual: undefined });
        }),
    }),
  },
  {
    does: 'takes a schema version that is too large for the one there may be',
    noticedBy: 'that no store could return unchanged is refused as unserialisable-data, and nothing is written',
    mutation: ({ store }) => ({
      append: (append) =>
        store.append({
          ...append,
          events: append.events.map((event) => ({ ...event, schemaVersion: Math.min(event.schemaVersion, 65_535) })),
        }),
    }),
  },
  {
    does: 'writes what was given up',
    noticedBy: 'that is aborted before it begins writes nothing',
    mutation: ({ store }) => ({
      append: ({ streamId, expected, events }) => store.append({ streamId, expected, events }),
    }),
  },
  {
    does: 'writes what it says was given up while it waited',
    noticedBy: 'that is aborted while it waits is recorded whole or not at all, as its outcome says',
    mutation: ({ store }) => ({
      async append({ signal, ...append }) {
        await yieldToLoop();
        const answer = await store.append(append);
        return signal?.aborted === true ? store.append({ ...append, signal }) : answer;
      },
    }),
  },
  {
    does: 'looks for a receipt after the revision',
    noticedBy: 'that exists is reported before an unmet revision',
    mutation: ({ store }) => ({
      async append(append) {
        await refuseUnexpected(store, append);
        return store.append(append);
      },
    }),
  },
  {
    does: 'keeps receipts for the whole store',
    noticedBy: 'with the same key can exist for every stream',
    mutation: ({ store }) => keepingReceipts(store, () => 'all'),
  },
  {
    does: 'finds a receipt under its key with a space behind it',
    noticedBy: 'is not found under another key or for another stream',
    mutation: ({ store }) => ({ receipt: (stream, key) => store.receipt(stream, key.trimEnd()) }),
  },
  {
    does: 'looks for a receipt and keeps it later',
    noticedBy: 'a receipt is stored for exactly one of many concurrent appends',
    mutation: ({ store }) => keepingReceipts(store, (stream) => stream),
  },
  {
    does: 'lets recordedAt follow the clock back',
    noticedBy: "is that of the stream's last event when the clock is behind it",
    mutation: ({ store, clock }) => {
      const instants = new Map<string, RecordedEvent['recordedAt']>();
      return disguising(store, (event) => {
        const recordedAt = instants.get(event.id) ?? clock();
        instants.set(event.id, recordedAt);
        return { ...event, recordedAt };
      });
    },
  },
  {
    does: 'leaves the reason out',
    noticedBy: 'is returned with exactly the given metadata, with and without the optional fields',
    mutation: ({ store }) =>
      disguising(store, ({ metadata: { reason: _, ...metadata }, ...event }) => ({ ...event, metadata })),
  },
  {
    does: 'tells two kinds of é apart no longer',
    noticedBy: 'is returned unchanged, in any language',
    mutation: ({ store }) =>
      disguising(store, ({ data, ...event }) => ({
        ...event,
        data: typeof data['text'] === 'string' ? { ...data, text: data['text'].normalize('NFC') } : data,
      })),
  },
  {
    does: 'says that it is closed to writers only',
    noticedBy: 'refuses every call with StoreClosed',
    mutation: ({ store }) => ({ head: () => store.head().catch(() => START) }),
  },
  {
    does: 'lists receipts when it is closed',
    noticedBy: 'refuses every call with StoreClosed',
    mutation: () => ({ async *receipts() {} }),
  },
];

async function oneByOne(store: EventStore, append: Append): Promise<readonly RecordedEvent[]> {
  const answer: RecordedEvent[] = [];
  for (const event of append.events) {
    answer.push(...(await store.append({ ...append, expected: 'any', events: [event] })));
    await yieldToLoop();
  }
  return answer;
}

async function lastIn(store: EventStore, streamId: RecordedEvent['streamId']): Promise<RecordedEvent | undefined> {
  for await (const [last] of store.readStream(streamId, { direction: 'backwards', limit: 1 })) return last;
  return undefined;
}

async function refuseUnexpected(store: EventStore, { streamId, expected }: Append): Promise<void> {
  const actual = (await lastIn(store, streamId))?.revision;
  if (!isMet(expected, actual)) throw new Fault('revision-conflict', { streamId, expected, actual });
}

function isMet(expected: Append['expected'], actual: RecordedEvent['revision'] | undefined): boolean {
  if (expected === 'any') return true;
  return actual === (expected === 'no-stream' ? undefined : expected);
}

function keepingReceipts(
  store: EventStore,
  scopeOf: (stream: RecordedEvent['streamId']) => string,
): Pick<EventStore, 'append' | 'receipt'> {
  const kept = new Map<string, Omit<StreamReceipt, 'streamId'>>();
  return {
    async append({ receipt, ...append }) {
      if (receipt === undefined) return store.append(append);
      const place = `${scopeOf(append.streamId)} ${receipt.key}`;
      if (kept.has(place)) throw new Fault('receipt-exists', { streamId: append.streamId, key: receipt.key });
      await yieldToLoop();
      const answer = await store.append(append);
      for (const { revision } of answer) kept.set(place, { ...receipt, revision });
      return answer;
    },
    receipt: async (stream, key) => kept.get(`${scopeOf(stream)} ${key}`),
  };
}
