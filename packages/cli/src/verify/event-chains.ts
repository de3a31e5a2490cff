import type { EventId, Instant, RecordedEvent, Revision, StreamId } from '@login-policy/event-sourcing';
import { eventName } from '../copy/same-event.js';
import type { Findings } from './findings.js';

interface StreamEnd {
  readonly revision: Revision;
  readonly recordedAt: Instant;
}

/** Holds every stream of a log to what a store promises: no gap, no time that goes back, appends that are whole, no event twice. */
export class EventChains {
  readonly #findings: Findings;
  readonly #ends = new Map<StreamId, StreamEnd>();
  readonly #ids = new Set<EventId>();
  /** The event before, while its append goes on. */
  #open: RecordedEvent | undefined;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** How many streams there are. */
  get streams(): number {
    return this.#ends.size;
  }

  take(event: RecordedEvent): void {
    const where = eventName(event);
    const { id, recordedAt, revision, streamId } = event;
    const end = this.#ends.get(streamId);
    const expected = end === undefined ? 0n : end.revision + 1n;
    if (revision !== expected) this.#findings.add(where, `revision ${expected} was to come next in this stream`);
    if (end !== undefined && recordedAt < end.recordedAt)
      this.#findings.add(where, 'it was recorded earlier than the event before it in its stream');
    if (this.#ids.has(id)) this.#findings.add(where, 'there is another event with this id');
    this.#ids.add(id);
    this.#ends.set(streamId, { revision, recordedAt });
    this.#takePlace(event, where);
  }

  /** To be called behind the last event. */
  end(): void {
    if (this.#open !== undefined) this.#findings.add(eventName(this.#open), 'its append breaks off behind it');
    this.#open = undefined;
  }

  #takePlace(event: RecordedEvent, where: string): void {
    const before = this.#open;
    const { append, streamId } = event;
    const place = append?.place ?? 1;
    const expected = before === undefined ? 1 : (before.append?.place ?? 0) + 1;
    const isSame = before === undefined || (before.streamId === streamId && before.append?.count === append?.count);
    if (place !== expected || !isSame) this.#findings.add(where, 'it is not where its append says');
    this.#open = append !== undefined && append.place < append.count ? event : undefined;
  }
}
