import { setImmediate as yieldToLoop } from 'node:timers/promises';
import { type EventStore, type Position, position, type RecordedEvent, START } from '@login-policy/event-sourcing';
import { ordinalOf, type ReadAllOptions, type SubscriptionMessage } from '@login-policy/event-sourcing/store';
import type { EventStoreMutation, Mutant } from './mutant.js';

type Pages = AsyncGenerator<readonly RecordedEvent[], void, undefined>;
type Messages = AsyncGenerator<SubscriptionMessage, void, undefined>;

/** Stores that do one thing wrong when they are read or followed. */
export const mutantsThatRead: readonly Mutant<EventStoreMutation>[] = [
  {
    does: 'ends after a page that is full',
    noticedBy: 'forwards gives exactly the requested events, at every boundary',
    mutation: ({ store }) => ({ readStream: (stream, options) => firstPage(store.readStream(stream, options)) }),
  },
  {
    does: 'takes "from" for "after" when it reads backwards',
    noticedBy: 'backwards gives exactly the requested events, at every boundary',
    mutation: ({ store }) => ({
      async *readStream(stream, options): Pages {
        const isWanted = ({ revision }: RecordedEvent): boolean =>
          options?.direction !== 'backwards' || revision !== options.from;
        for await (const page of store.readStream(stream, options)) {
          if (page.some(isWanted)) yield page.filter(isWanted);
        }
      },
    }),
  },
  {
    does: 'reads everything for one stream after another',
    noticedBy: 'gives one stream after another, each whole and in order, in pages of every size',
    mutation: ({ store }) => ({ readStreams: (options) => store.readAll(options) }),
  },
  {
    does: 'reads streams beyond the position up to which they are wanted',
    noticedBy: 'gives the events up to a position, and none after it',
    mutation: ({ store }) => ({
      async *readStreams(options): Pages {
        yield* store.readStreams?.({ ...options, upTo: await store.head() }) ?? [];
      },
    }),
  },
  {
    does: 'forgets the filter when it reads one stream after another',
    noticedBy: 'of some categories gives only the streams of these categories',
    mutation: ({ store }) => ({
      async *readStreams({ filter: _, ...options }): Pages {
        yield* store.readStreams?.(options) ?? [];
      },
    }),
  },
  {
    does: 'gives the last event of a page again',
    noticedBy: 'gives all events of all streams, in pages of every size',
    mutation: ({ store }) => ({
      async *readAll(options): Pages {
        let last: RecordedEvent | undefined;
        for await (const page of store.readAll(options)) {
          yield last === undefined || page.length > 1 ? page : [last, ...page];
          last = page.at(-1);
        }
      },
    }),
  },
  {
    does: 'gives an empty page at the end',
    noticedBy: 'that does not exist gives no pages',
    mutation: ({ store }) => ({
      async *readStream(stream, options): Pages {
        yield* store.readStream(stream, options);
        yield [];
      },
    }),
  },
  {
    does: 'takes every category that begins alike',
    noticedBy: 'by category gives exactly the events of the given categories, and none of similar names',
    mutation: ({ store }) => ({
      async *readAll(options = {}): Pages {
        const { filter, ...rest } = options;
        if (filter === undefined) return yield* store.readAll(options);
        for await (const page of store.readAll(rest)) {
          const wanted = page.filter((event) => filter.categories.some((name) => event.streamId.startsWith(name)));
          if (wanted.length > 0) yield wanted;
        }
      },
    }),
  },
  {
    does: 'takes a filter that names nothing for no filter',
    noticedBy: 'with a filter that matches nothing gives nothing',
    mutation: ({ store }) => ({
      readAll({ filter, ...options } = {}) {
        const isEmpty = filter?.categories.length === 0;
        return store.readAll(filter === undefined || isEmpty ? options : { ...options, filter });
      },
    }),
  },
  {
    does: 'shows an event before one at a lower position',
    noticedBy: 'is the order that a continuing reader sees, while many write',
    mutation: ({ store }) => showingSomeLate(store),
  },
  {
    does: 'loses what is written between history and live',
    noticedBy: 'gives each event once across the change from history to live',
    isNoticedByWaiting: true,
    mutation: ({ store }) => ({ subscribe: (options) => withBorder(store, options, (_, head) => head) }),
  },
  {
    does: 'gives twice what is written between history and live',
    noticedBy: 'gives each event once across the change from history to live',
    mutation: ({ store }) => ({ subscribe: (options) => withBorder(store, options, (begun) => begun) }),
  },
  {
    does: 'says that it is caught up before it is',
    noticedBy: 'a subscription gives the existing events, then reports that it is caught up',
    mutation: ({ store }) => ({
      async *subscribe(options): Messages {
        yield { kind: 'caught-up', position: await store.head() };
        yield* store.subscribe(options);
      },
    }),
  },
  {
    does: 'is caught up behind events it gives only',
    noticedBy: 'is caught up past events that its filter excludes',
    isNoticedByWaiting: true,
    mutation: ({ store }) => ({
      async *subscribe(options): Messages {
        let isNew = false;
        for await (const message of store.subscribe(options)) {
          if (message.kind === 'events' || isNew) yield message;
          isNew = message.kind === 'events';
        }
      },
    }),
  },
  {
    does: 'hands the same unfrozen events to all subscribers',
    noticedBy: 'gets events that no other subscriber can change',
    mutation: ({ store }) => {
      const shared = new Map<Position, RecordedEvent>();
      return {
        async *subscribe(options): Messages {
          for await (const message of store.subscribe(options)) {
            if (message.kind === 'caught-up') yield message;
            else yield { ...message, events: message.events.map((event) => sharedCopy(shared, event)) };
          }
        },
      };
    },
  },
  {
    does: 'hears that its reader left with the next event only',
    noticedBy: 'comes when the reader stops while waiting for a message',
    isNoticedByWaiting: true,
    mutation: ({ store }) => ({
      async *subscribe(options): Messages {
        yield* store.subscribe(options);
      },
    }),
  },
  {
    does: 'does not hear the signal while it waits',
    noticedBy: 'comes without an error when the signal fires while the reader waits',
    isNoticedByWaiting: true,
    mutation: ({ store }) => ({ subscribe: ({ signal: _, ...options } = {}) => store.subscribe(options) }),
  },
  {
    does: 'ends quietly when it is closed',
    noticedBy: 'comes with StoreClosed when the store is closed while the reader waits',
    mutation: ({ store }) => ({
      async *subscribe(options): Messages {
        try {
          yield* store.subscribe(options);
        } catch {
          // Says nothing, which is what is wrong with it.
        }
      },
    }),
  },
  {
    does: 'counts the head one too far',
    noticedBy: 'has the last event at the head',
    mutation: ({ store }) => ({ head: async () => position((await store.head()) + 1n) }),
  },
  {
    does: 'goes by the place of a position alone when it is read on from one',
    noticedBy: 'is refused by a read or a subscription that continues from it',
    mutation: ({ store }) => ({
      async *readAll(options): Pages {
        const after = await eventAt(store, options?.after ?? START);
        yield* store.readAll({ ...options, after });
      },
    }),
  },
  {
    does: 'knows every place there is, whatever event stands there',
    noticedBy: 'is not known, and neither is one beyond the end; the positions of events are',
    mutation: ({ store }) => ({ knows: async (one) => ordinalOf(one) <= ordinalOf(await store.head()) }),
  },
];

function sharedCopy(shared: Map<Position, RecordedEvent>, event: RecordedEvent): RecordedEvent {
  const copy = shared.get(event.position) ?? structuredClone(event);
  shared.set(event.position, copy);
  return copy;
}

/** The position of the event that stands where another one is said to. */
async function eventAt(store: EventStore, wanted: Position): Promise<Position> {
  for await (const page of store.readAll()) {
    const found = page.find((event) => ordinalOf(event.position) === ordinalOf(wanted));
    if (found !== undefined) return found.position;
  }
  return wanted;
}

async function* firstPage(pages: AsyncIterable<readonly RecordedEvent[]>): Pages {
  for await (const page of pages) return yield page;
}

/** Every seventh event becomes visible when the one after it is there, as if its transaction had ended later. */
function showingSomeLate(store: EventStore): Pick<EventStore, 'readAll'> {
  return {
    async *readAll(options): Pages {
      const head = await store.head();
      const isLate = (event: RecordedEvent): boolean =>
        ordinalOf(event.position) % 7n === 0n && ordinalOf(event.position) + 1n >= ordinalOf(head);
      for await (const page of store.readAll(options)) {
        const visible = page.filter((event) => !isLate(event));
        if (visible.length > 0) yield visible;
      }
    },
  };
}

/** Reads all there is, and some time later goes on live from the place that is chosen. */
async function* withBorder(
  store: EventStore,
  options: ReadAllOptions | undefined,
  goOnFrom: (begun: Position, head: Position) => Position,
): Messages {
  const begun = options?.after ?? START;
  let read = begun;
  for await (const events of store.readAll(options)) {
    read = events.at(-1)?.position ?? read;
    yield { kind: 'events', events, position: read };
  }
  await yieldToLoop();
  yield* store.subscribe({ ...options, after: goOnFrom(begun, await store.head()) });
}
