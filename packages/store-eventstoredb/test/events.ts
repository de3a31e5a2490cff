import { monotonicIds, type StreamId } from '@login-policy/event-sourcing';
import { Fault, type Append, type NewEvent } from '@login-policy/event-sourcing/store';

const nextId = monotonicIds();

/** So many events that nobody has recorded yet. */
export function newEvents(count: number, content: Partial<NewEvent> = {}): readonly NewEvent[] {
  return Array.from({ length: count }, () => ({
    id: nextId(),
    type: 'Counted',
    schemaVersion: 1,
    data: { by: 1 },
    metadata: { actor: 'tester', correlationId: 'test' },
    ...content,
  }));
}

/** An append of so many events after whatever is there. */
export function appendOf(streamId: StreamId, count: number): Append {
  return { streamId, expected: 'any', events: newEvents(count) };
}

/** The fault a call is refused with. */
export async function faultOf(call: Promise<unknown>): Promise<Fault> {
  const caught: unknown = await call.then(
    () => new Error('a fault was expected, and the call succeeded'),
    (error: unknown) => error,
  );
  if (caught instanceof Fault) return caught;
  throw caught;
}
