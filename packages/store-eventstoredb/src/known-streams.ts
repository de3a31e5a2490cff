import type { StreamId } from '@login-policy/event-sourcing';
import { Lru, revisionAfter, type Receipt, type StreamEnd } from '@login-policy/event-sourcing/store';
import type { StoredEvent } from './rows.js';

/** The last event of a stream; `none` when the stream is not there. */
export type Head = StreamEnd | 'none';

/**
 * What this process has seen of one stream. It may be old, and of a history that a failover or a restored backup lost:
 * whatever is done by it is done at an exact revision, behind an event that was compared, so the server's log has the
 * last word.
 */
export class KnownStream {
  /** The call that stood when its head was seen. */
  seenBy: unknown;
  /** The last event seen. */
  head: Head | undefined;
  /** All receipts of all events up to this one are in `receipts`. */
  covered: Pick<StreamEnd, 'id' | 'revision'> | undefined;
  readonly receipts: Map<string, Receipt> = new Map();

  /** Takes note of events that follow one another in the stream. */
  see(events: readonly StoredEvent[]): void {
    for (const { event, receipt } of events) {
      const { id, revision, recordedAt } = event;
      if (revision === this.covered?.revision && id !== this.covered.id) this.forgetReceipts();
      if (revision === revisionAfter(this.covered?.revision)) {
        this.covered = { id, revision };
        if (receipt !== undefined) this.receipts.set(receipt.key, Object.freeze({ ...receipt, revision }));
      }
      if (this.head === undefined || this.head === 'none' || revision >= this.head.revision) {
        this.head = { id, revision, recordedAt };
      }
    }
  }

  /** They are of a history that is not there any more. */
  forgetReceipts(): void {
    this.covered = undefined;
    this.receipts.clear();
  }
}

/** What all that is remembered may weigh: a receipt 1, a stream 10 by itself. */
const CAPACITY = 100_000;

/**
 * The streams this process has to do with, as many as it can remember: the one not asked for longest goes first. Their
 * heads count for as long as the call stands that they were seen by: when it broke, the server may be another, and may
 * have lost what this process saw.
 */
export class KnownStreams {
  readonly #standing: () => unknown;
  readonly #streams = new Lru<StreamId, KnownStream>(CAPACITY, ({ receipts }) => 10 + receipts.size);

  /** `standing` says which call stands now: another one each time, `undefined` while none does. */
  constructor(standing: () => unknown) {
    this.#standing = standing;
  }

  /** What is known of a stream; nothing yet, if it is met for the first time or was forgotten. */
  of(streamId: StreamId): KnownStream {
    const known = this.#streams.get(streamId) ?? this.#met(streamId);
    const standing = this.#standing();
    if (standing === undefined || known.seenBy !== standing) known.head = undefined;
    known.seenBy = standing;
    return known;
  }

  /** Takes note of events of one stream that follow one another. */
  see(streamId: StreamId, events: readonly StoredEvent[]): void {
    const known = this.of(streamId);
    const before = known.receipts.size;
    known.see(events);
    // It has become heavier.
    if (known.receipts.size > before) this.#streams.set(streamId, known);
  }

  #met(streamId: StreamId): KnownStream {
    const known = new KnownStream();
    this.#streams.set(streamId, known);
    return known;
  }
}
