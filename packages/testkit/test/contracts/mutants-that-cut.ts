import { Fault, type RecordedEvent } from '@login-policy/event-sourcing';
import type { SubscriptionMessage } from '@login-policy/event-sourcing/store';
import { changed, type EventStoreMutation, type Mutant } from './mutant.js';

type Pages = AsyncGenerator<readonly RecordedEvent[], void, undefined>;
type Messages = AsyncGenerator<SubscriptionMessage, void, undefined>;

/** Stores that show half a command, or go on for nobody. */
export const mutantsThatCut: readonly Mutant<EventStoreMutation>[] = [
  {
    does: 'ends a page at the size asked for, wherever that is',
    noticedBy: 'come in one page of a read of all events, whatever its size',
    mutation: ({ store }) => ({
      async *readAll(options): Pages {
        for await (const page of store.readAll(options)) yield* cut(page, options?.pageSize);
      },
    }),
  },
  {
    does: 'hands out messages of the size asked for, wherever they end',
    noticedBy: 'come in one message of a subscription, history or live',
    mutation: ({ store }) => ({
      async *subscribe(options): Messages {
        for await (const message of store.subscribe(options)) {
          if (message.kind !== 'events') yield message;
          else for (const events of cut(message.events, options?.pageSize)) yield { ...message, events };
        }
      },
    }),
  },
  {
    does: 'says no event’s place in its append when it is read',
    noticedBy: 'have their place in it, in the answer and in every later read; a single event has none',
    mutation: ({ store }) => ({
      readAll: (options) => changed(store.readAll(options), ({ append: _, ...event }) => event),
    }),
  },
  {
    does: 'answers a caller who has given up',
    noticedBy: 'rejects with DeadlineExceeded, and has written nothing',
    mutation: ({ store }) => ({ receipt: (stream, key) => store.receipt(stream, key) }),
  },
  {
    does: 'writes for a caller who has given up',
    noticedBy: 'rejects with DeadlineExceeded, and has written nothing',
    mutation: ({ store }) => ({
      async append({ signal, ...append }) {
        const recorded = await store.append(append);
        if (signal?.aborted === true) throw new Fault('deadline-exceeded', { doing: 'appending' });
        return recorded;
      },
    }),
  },
  {
    does: 'reads everything for a caller who has given up',
    noticedBy: 'ends without an error if it reads all events or subscribes',
    mutation: ({ store }) => ({ readAll: (options = {}) => store.readAll({ ...options, signal: undefined }) }),
  },
];

function cut(page: readonly RecordedEvent[], pageSize = 500): readonly (readonly RecordedEvent[])[] {
  const count = Math.ceil(page.length / pageSize);
  return Array.from({ length: count }, (_, index) => page.slice(index * pageSize, (index + 1) * pageSize));
}
