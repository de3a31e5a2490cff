import { revision, type Revision, type StreamId } from '@login-policy/event-sourcing';
import { historyCutOff } from './faults.js';
import type { StreamRead } from './requests.js';

/**
 * Where a read of one stream is, and whether what comes is the stream: each event right beside the one before, and the
 * first one at the beginning. A stream of this library is never truncated, so a gap is a history somebody cut off.
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

  /** Where the read goes on when it has to be begun again; `undefined`: at the end it began from. */
  get next(): Revision | undefined {
    if (this.#last === undefined || this.isAtBeginning) return this.#begins;
    return revision(this.#direction === 'forwards' ? this.#last + 1n : this.#last - 1n);
  }

  /** Whether the first event of the stream has been read, going backwards: then there is no next. */
  get isAtBeginning(): boolean {
    return this.#direction === 'backwards' && this.#last === 0n;
  }

  get hasBegun(): boolean {
    return this.#last !== undefined;
  }

  /** Takes what came; `false` when it had come before. @throws StoreDamaged when something before it is missing. */
  take(came: Revision): boolean {
    if (this.#hadCome(came)) return false;
    if (!this.#isNext(came)) throw historyCutOff(this.#streamId, `revision ${this.next ?? 0n}`);
    this.#last = came;
    return true;
  }

  /** Takes note that no more came, though more were wanted. @throws StoreDamaged when there must have been more. */
  end(): void {
    if (this.#direction === 'backwards') {
      if (this.#last !== 0n) throw historyCutOff(this.#streamId, `what comes before revision ${this.#last ?? 'any'}`);
    } else if (!this.hasBegun && (this.#begins ?? 0n) === 0n) throw historyCutOff(this.#streamId, 'everything');
  }

  #hadCome(came: Revision): boolean {
    if (this.#last === undefined) return false;
    return this.#direction === 'forwards' ? came <= this.#last : came >= this.#last;
  }

  #isNext(came: Revision): boolean {
    if (this.#direction === 'forwards') return came === (this.next ?? 0n);
    // Going backwards from behind the end begins at the end.
    return this.hasBegun ? came === this.next : came <= (this.#begins ?? came);
  }
}
