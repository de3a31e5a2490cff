import {
  type EventStore,
  monotonicIds,
  type RecordedEvent,
  streamId,
  type StreamId,
  type EventId,
} from '@login-policy/event-sourcing';
import type { Append, NewEvent } from '@login-policy/event-sourcing/store';

/** The stream that the tests of this store write to, where one is enough. */
export const STREAM: StreamId = streamId('Counter', 'one');

/** The smallest event there is, with a fresh id. */
export function newEvent(ids: () => EventId = monotonicIds()): NewEvent {
  const metadata = { actor: 'tester', correlationId: 'test' };
  return { id: ids(), type: 'Counted', schemaVersion: 1, data: { by: 1 }, metadata };
}

/** An append of one event, whatever the stream is at. */
export function appendOne(stream: StreamId = STREAM): Append {
  return { streamId: stream, expected: 'any', events: [newEvent()] };
}

/** All events of a stream. */
export async function eventsOf(store: EventStore, stream: StreamId = STREAM): Promise<readonly RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for await (const page of store.readStream(stream)) events.push(...page);
  return events;
}
