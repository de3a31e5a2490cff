import { monotonicIds, streamId, type RecordedEvent, type Store } from '@login-policy/event-sourcing';

/** The consumer of the proof. */
export const CONSUMER = 'proof';

const nextId = monotonicIds();

/** Appends events whose numbers follow `from`, up to four in an append. Returns the last number. */
export async function appendNumbered(store: Store, from: number, random: () => number): Promise<number> {
  const count = 1 + Math.floor(random() * 4);
  const events = Array.from({ length: count }, (_, index) => ({
    id: nextId(),
    type: 'Numbered',
    schemaVersion: 1,
    data: { number: from + index + 1 },
    metadata: { actor: 'proof', correlationId: 'proof' },
  }));
  const stream = streamId('Numbered', `s-${Math.floor(random() * 10)}`);
  await store.eventStore.append({ streamId: stream, expected: 'any', events });
  return from + count;
}

/** The number of an event, by the order of commits. */
export function numberOf({ data }: RecordedEvent): number {
  return Number(data['number']);
}
