import type { EventStore as EmmettStore } from '@event-driven-io/emmett';
import type { EventStore } from '@login-policy/event-sourcing';
import type { RawFile } from '../raw/raw-file.js';
import { historyOf, type PlainEvent } from './plain-events.js';
import { newEvents, streamOf, type Volume } from './recorded-history.js';

/** How a seed lies in the file: so many events of one policy, then as many of the next, until all are written. */
export interface Layout extends Volume {
  readonly inARow: number;
}

/** Writes the histories into a store of ours. */
export async function seedOurs(eventStore: EventStore, layout: Layout): Promise<void> {
  const history = newEvents(layout.eventsEach);
  for (const [from, to] of stretches(layout)) {
    const appends = Array.from({ length: layout.policies }, (_, number) =>
      eventStore.append({ streamId: streamOf(number), expected: 'any', events: history.slice(from, to) }),
    );
    await Promise.all(appends);
  }
}

/** Writes the same histories, in the same order, by hand. */
export function seedRaw(file: RawFile, layout: Layout): void {
  const history = historyOf(layout.eventsEach);
  file.together(() => {
    for (const [from, to] of stretches(layout)) {
      for (let number = 0; number < layout.policies; number++) {
        for (const [index, event] of history.slice(from, to).entries()) {
          file.insert({ stream: streamOf(number), revision: from + index }, event);
        }
      }
    }
  });
}

/** Writes the same histories into a store of emmett's, one policy after another. */
export async function seedEmmett(store: EmmettStore, { policies, eventsEach }: Volume): Promise<void> {
  for (let number = 0; number < policies; number++) {
    await store.appendToStream<PlainEvent>(streamOf(number), structuredClone([...historyOf(eventsEach)]));
  }
}

function stretches({ eventsEach, inARow }: Layout): readonly (readonly [from: number, to: number])[] {
  const count = Math.ceil(eventsEach / inARow);
  return Array.from({ length: count }, (_, index) => [index * inARow, Math.min((index + 1) * inARow, eventsEach)]);
}
