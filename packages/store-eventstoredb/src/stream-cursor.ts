import { revision, type Revision, type StreamId } from '@login-policy/event-sourcing';
import { historyCutOff } from './faults.js';
import type { StreamRead } from './requests.js';

/**
 * The position of a read of one stream. It also checks that the events are complete: consecutive revisions, from the
 * beginning of the stream. This library never truncates a stream, so a gap means that another program did.
 */
export class StreamCursor {
  readonly #streamId: StreamId;
  readonly #direction: StreamRead['direction'];
  readonly #begins: Revision | undefined;
  #last: Revision | undefined;

  constructor(streamId: StreamId, { direction, from }: Pick<StreamRead, 'direction' | 'from'>) {
    this.#streamId = streamId;
    this.#direction = direction;
    this.#begins = from;
  }

  /** Where the read continues after a failure; `undefined`: at the end it began from. */
  get next(): Revision | undefined {
    if (this.#last === undefined || this.isAtBeginning) return this.#begins;
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
   * Accepts a revision; `false` when it was read before.
   *
   * @throws StoreDamaged when an event before it is missing.
   */
  take(received: Revision): boolean {
    if (this.#wasRead(received)) return false;
    if (!this.#isNext(received)) throw historyCutOff(this.#streamId, `revision ${this.next ?? 0n}`);
    this.#last = received;
    return true;
  }

  /**
   * Call it when the stream ended before the limit.
   *
   * @throws StoreDamaged when events are missing.
   */
  end(): void {
    if (this.#direction === 'backwards') {
      if (this.#last !== 0n) throw historyCutOff(this.#streamId, `everything before revision ${this.#last ?? 'any'}`);
    } else if (!this.hasBegun && (this.#begins ?? 0n) === 0n) throw historyCutOff(this.#streamId, 'everything');
  }

  #wasRead(received: Revision): boolean {
    if (this.#last === undefined) return false;
    return this.#direction === 'forwards' ? received <= this.#last : received >= this.#last;
  }

  #isNext(received: Revision): boolean {
    if (this.#direction === 'forwards') return received === (this.next ?? 0n);
    // A backwards read from past the end begins at the end.
    return this.hasBegun ? received === this.next : received <= (this.#begins ?? received);
  }
}
