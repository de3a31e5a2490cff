import type { RecordedEvent, Store } from '@login-policy/event-sourcing';

/** The events of one append, in order. */
export type RecordedAppend = readonly [RecordedEvent, ...RecordedEvent[]];

/** Every append of a store, in the order of its log. */
export async function* appendsOf({ eventStore }: Store): AsyncGenerator<RecordedAppend, void, undefined> {
  for await (const page of eventStore.readAll()) {
    let from = 0;
    for (const [index, { append }] of page.entries()) {
      if (append !== undefined && append.place < append.count) continue;
      const [first, ...rest] = page.slice(from, index + 1);
      if (first !== undefined) yield [first, ...rest];
      from = index + 1;
    }
  }
}

/** The last event of an append. */
export function lastOf(append: RecordedAppend): RecordedEvent {
  return append.at(-1) ?? append[0];
}
