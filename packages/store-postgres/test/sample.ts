import {
  type EventStore,
  monotonicIds,
  type RecordedEvent,
  streamId,
  type StreamId,
} from '@login-policy/event-sourcing';
import type { Append, NewEvent } from '@login-policy/event-sourcing/store';

const nextId = monotonicIds();

/** The stream of one counter. */
export function counterStream(name: string): StreamId {
  return streamId('Counter', name);
}

/** An event that is not recorded yet. */
export function counted(by = 1): NewEvent {
  const metadata = { actor: 'tester', correlationId: 'test' };
  return { id: nextId(), type: 'Counted', schemaVersion: 1, data: { by }, metadata };
}

/** An append of one event, after whatever is there if nothing else is said. */
export function appendTo(name: string, expected: Append['expected'] = 'any'): Append {
  return { streamId: counterStream(name), expected, events: [counted()] };
}

/** All events there are. */
export async function allEvents(eventStore: EventStore): Promise<readonly RecordedEvent[]> {
  const all: RecordedEvent[] = [];
  for await (const page of eventStore.readAll()) all.push(...page);
  return all;
}
