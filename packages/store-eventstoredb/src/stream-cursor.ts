import { revision, type RecordedEvent, type Revision, type StreamId } from '@login-policy/event-sourcing';
import { historyCutOff, historyReplaced } from './faults.js';
import type { StreamRead } from './requests.js';

/**
 * The position of a read of one stream. It also checks that no event is missing. This library never truncates a stream,
 * so a gap in the revisions means that another program did.
 */
export class StreamCursor {
  readonly #streamId: StreamId;
  readonly #direction: StreamRead['direction'];
  readonly #from: Revision | undefined;
  #last: Revision | undefined;
  #lastId: RecordedEvent['id'] | undefined;
  /** Whether the current attempt has repeated the last event of the previous attempt. */
  #isJoined = true;
  #isReplaced = false;

  constructor(streamId: StreamId, { direction, from }: Pick<StreamRead, 'direction' | 'from'>) {
    this.#streamId = streamId;
    this.#direction = direction;
    this.#from = from;
  }

  /**
   * Starts an attempt, and returns where it begins (`undefined` for an end of the stream), and how many events it
   * repeats. After a failure it repeats the last event, because the server may have been restored from a backup
   * meanwhile.
   */
  startAttempt(): { readonly from: Revision | undefined; readonly repeated: 0 | 1 } {
    this.#isJoined = !this.hasBegun;
    return this.hasBegun ? { from: this.#last, repeated: 1 } : { from: this.#from, repeated: 0 };
  }

  /** Whether the history was replaced during the read, so that it can't continue. */
  get isReplaced(): boolean {
    return this.#isReplaced;
  }

  /** The next revision to read; `undefined` for an end of the stream. */
  get #next(): Revision | undefined {
    if (this.#last === undefined || this.isAtBeginning) return this.#from;
    return revision(this.#direction === 'forwards' ? this.#last + 1n : this.#last - 1n);
  }

  /** Whether a backwards read has reached the first event. */
  get isAtBeginning(): boolean {
    return this.#direction === 'backwards' && this.#last === 0n;
  }

  get hasBegun(): boolean {
    return this.#last !== undefined;
  }

  /**
   * Accepts an event; `false` when it was read before.
   *
   * @throws StoreDamaged when an event before it is missing.
   * @throws StoreUnavailable when the history was replaced.
   */
  take({ id, revision: received }: Pick<RecordedEvent, 'id' | 'revision'>): boolean {
    if (received === this.#last) this.#isJoined = id === this.#lastId;
    this.#demandJoined();
    if (this.#wasRead(received)) return false;
    if (!this.#isNext(received)) throw historyCutOff(this.#streamId, `revision ${this.#next ?? 0n}`);
    this.#last = received;
    this.#lastId = id;
    return true;
  }

  /**
   * Call it when the stream ended before the limit.
   *
   * @throws StoreDamaged when events are missing.
   * @throws StoreUnavailable when the history was replaced.
   */
  end(): void {
    this.#demandJoined();
    if (this.#direction === 'backwards') {
      if (this.#last !== 0n) throw historyCutOff(this.#streamId, `everything before revision ${this.#last ?? 'any'}`);
    } else if (!this.hasBegun && (this.#from ?? 0n) === 0n) throw historyCutOff(this.#streamId, 'everything');
  }

  #demandJoined(): void {
    if (this.#isJoined || this.#last === undefined) return;
    this.#isReplaced = true;
    throw historyReplaced(this.#streamId, this.#last);
  }

  #wasRead(received: Revision): boolean {
    if (this.#last === undefined) return false;
    return this.#direction === 'forwards' ? received <= this.#last : received >= this.#last;
  }

  #isNext(received: Revision): boolean {
    if (this.#direction === 'forwards') return received === (this.#next ?? 0n);
    // A backwards read from past the end begins at the end.
    return this.hasBegun ? received === this.#next : received <= (this.#from ?? received);
  }
}
