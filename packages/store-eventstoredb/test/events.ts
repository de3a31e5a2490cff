import {
  type EventStore,
  type Fault,
  isFault,
  monotonicIds,
  type Position,
  START,
  type StreamId,
} from '@login-policy/event-sourcing';
import {
  type Append,
  type NewEvent,
  positionOf,
  type ReadAllOptions,
  type SubscriptionMessage,
} from '@login-policy/event-sourcing/store';
import type { Double } from './double/double.js';
import type { LogRecord } from './double/event-log.js';

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

/** An event with another's content, and an id of its own. */
export function anew(record: LogRecord | undefined): readonly LogRecord[] {
  return record === undefined ? [] : [{ ...record, id: crypto.randomUUID() }];
}

/** The position of the last record of a server, whosever it is: commit and prepare are the same. */
export function endOf({ log }: Double): Position {
  const last = log.records.at(-1);
  if (last === undefined) return START;
  return positionOf((last.position << 64n) | last.position, Number.parseInt(last.id.slice(-10), 16));
}

/** The fault a call is refused with. */
export async function faultOf(call: Promise<unknown>): Promise<Fault> {
  const caught: unknown = await call.then(
    () => new Error('a fault was expected, and the call succeeded'),
    (error: unknown) => error,
  );
  if (isFault(caught)) return caught;
  throw caught;
}

/** The messages of a subscription, and after each failed read of another one that goes on from there. */
export async function* subscribedAgain(
  eventStore: EventStore,
  { after = START, ...options }: ReadAllOptions = {},
): AsyncGenerator<SubscriptionMessage, void, undefined> {
  let reached = after;
  for (;;) {
    try {
      for await (const message of eventStore.subscribe({ ...options, after: reached })) {
        reached = message.position;
        yield message;
      }
      return;
    } catch (error) {
      if (!isFault(error, 'store-unavailable')) throw error;
    }
  }
}
