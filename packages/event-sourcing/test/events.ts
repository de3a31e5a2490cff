import { monotonicIds } from '@login-policy/event-sourcing';
import type { NewEvent } from '@login-policy/event-sourcing/store';

const ids = monotonicIds();

/** An event that any store takes. */
export function newEvent(content: Partial<NewEvent> = {}): NewEvent {
  const metadata = { actor: 'tester', correlationId: 'c-1' };
  return { id: ids(), type: 'Counted', schemaVersion: 1, data: { by: 1 }, metadata, ...content };
}
