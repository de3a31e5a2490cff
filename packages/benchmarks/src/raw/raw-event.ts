import type { PlainEvent } from '../workload/plain-events.js';

/** An event's columns as the fold by hand reads them: as a list, which is half as dear as objects. */
export type RawEvent = readonly [
  stream: string,
  type: PlainEvent['type'],
  recordedAt: number,
  data: string,
  position: number,
];

/** The event of its columns: unchecked, as by hand. */
export function parseRaw([, type, , text]: RawEvent): PlainEvent {
  const data: unknown = JSON.parse(text);
  const event: unknown = { type, data };
  if (isEvent(event)) return event;
  throw new TypeError(`no event: ${text}`);
}

function isEvent(value: unknown): value is PlainEvent {
  return typeof value === 'object' && value !== null;
}
