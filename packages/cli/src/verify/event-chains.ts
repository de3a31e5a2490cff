import {
  type EventId,
  type EventStore,
  type Instant,
  type Position,
  type RecordedEvent,
  type Revision,
  START,
  type StreamId,
} from '@login-policy/event-sourcing';
import { damagedMembers } from '@login-policy/event-sourcing/store';
import { eventName } from '../copy/same-event.js';
import type { Findings } from './findings.js';
import { readableMetadata } from './readable-metadata.js';

interface StreamEnd {
  readonly revision: Revision;
  readonly recordedAt: Instant;
}

/**
 * Checks the promises of a store for every stream: no gap, no decreasing time, complete appends, no duplicate event.
 */
export class EventChains {
  readonly #findings: Findings;
  readonly #ends = new Map<StreamId, StreamEnd>();
  readonly #ids = new Set<EventId>();
  #reached: Position = START;
  /** The previous event, while its append is incomplete. */
  #incomplete: RecordedEvent | undefined;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** The number of streams. */
  get streams(): number {
    return this.#ends.size;
  }

  /** Call it with every event. */
  add(event: RecordedEvent): void {
    const where = eventName(event);
    const { id, recordedAt, revision, streamId } = event;
    const end = this.#ends.get(streamId);
    const expected = end === undefined ? 0n : end.revision + 1n;
    if (revision !== expected) this.#findings.add(where, `expected revision ${expected} next in this stream`);
    if (end !== undefined && recordedAt < end.recordedAt)
      this.#findings.add(where, 'it was recorded earlier than the event before it in its stream');
    if (this.#ids.has(id)) this.#findings.add(where, 'another event has the same id');
    this.#ids.add(id);
    this.#reached = event.position;
    this.#ends.set(streamId, { revision, recordedAt });
    this.#checkPlace(event, where);
    this.#checkMetadata(event, where);
  }

  /** Checks the end of the log. Call it after the last event. */
  end(): void {
    if (this.#incomplete !== undefined)
      this.#findings.add(eventName(this.#incomplete), 'its append is incomplete: later events are missing');
    this.#incomplete = undefined;
  }

  /** Checks that each stream ends where the log has its last event. Call it after the last event. */
  async checkEnds(eventStore: EventStore, signal: AbortSignal): Promise<void> {
    for (const [streamId, { revision }] of this.#ends) {
      signal.throwIfAborted();
      const newest = { direction: 'backwards', limit: 1, signal } as const;
      for await (const [last] of eventStore.readStream(streamId, newest))
        // What others wrote meanwhile is further on in the log.
        if (last !== undefined && last.revision > revision && last.position <= this.#reached)
          this.#findings.add(eventName(last), 'it is in its stream, and a read of the whole log does not meet it');
    }
  }

  /** Reads leave out what is not text, so nobody else would ever see it. */
  #checkMetadata(event: RecordedEvent, where: string): void {
    const metadata = readableMetadata(event);
    for (const name of metadata === undefined ? [] : damagedMembers(metadata))
      this.#findings.add(where, `its metadata has a ${name} that is not text, which every read leaves out`);
  }

  #checkPlace(event: RecordedEvent, where: string): void {
    const before = this.#incomplete;
    const { append, streamId } = event;
    const place = append?.place ?? 1;
    const expected = before === undefined ? 1 : (before.append?.place ?? 0) + 1;
    const isSame = before === undefined || (before.streamId === streamId && before.append?.count === append?.count);
    if (place !== expected || !isSame) this.#findings.add(where, 'it is not at its place in the append');
    this.#incomplete = append !== undefined && append.place < append.count ? event : undefined;
  }
}
