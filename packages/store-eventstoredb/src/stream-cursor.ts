import type { Revision, StreamId } from '@login-policy/event-sourcing';
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

  /** Where the read goes on when it has to be begun again; `undefined`: where it began. */
  get next(): Revision | undefined {
    if (this.#last === undefined) return this.#begins;
    return (this.#direction === 'forwards' ? this.#last + 1n : this.#last - 1n) as Revision;
  }

  /** Whether the first event of the stream has been read, going backwards: then there is no next. */
  get isAtBeginning(): boolean {
    return this.#direction === 'backwards' && this.#last === 0n;
  }

  get hasBegun(): boolean {
    return this.#last !== undefined;
  }

  /** Takes the next event that came. @throws StoreDamaged when it is not the next one. */
  take(revision: Revision): void {
    const expected = this.#expected();
    // Going backwards from behind the end begins at the end.
    const isPlausible =
      expected === undefined || expected === revision || (!this.hasBegun && this.#mayBeLess(revision));
    if (!isPlausible) throw historyCutOff(this.#streamId, `revision ${expected}`);
    this.#last = revision;
  }

  /** Takes note that no more came, though more were wanted. @throws StoreDamaged when there must have been more. */
  end(): void {
    if (this.#direction === 'backwards') {
      if (this.#last !== 0n) throw historyCutOff(this.#streamId, `what comes before revision ${this.#last ?? 'any'}`);
    } else if (!this.hasBegun && (this.#begins ?? 0n) === 0n) throw historyCutOff(this.#streamId, 'everything');
  }

  #expected(): bigint | undefined {
    return this.next ?? (this.#direction === 'forwards' ? 0n : undefined);
  }

  #mayBeLess(revision: Revision): boolean {
    return this.#direction === 'backwards' && revision < (this.#begins ?? revision);
  }
}
