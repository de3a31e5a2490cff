import { Fault } from '../values/fault.js';
import { followedInAppend, type RecordedEvent } from '../streams/event.js';

/** What becomes of the events that an {@link AppendAssembly} puts together, in their order. */
export interface AssembledAppends<Item> {
  readonly eventOf: (item: Item) => RecordedEvent;
  /** Takes each event of a whole append. */
  readonly whole: (item: Item) => void;
  /** Takes each event of an append of which a part is missing, with the fault of its readers. */
  readonly half: (item: Item, fault: Fault<'unreadable-event'>) => void;
  /**
   * Whether the first append may lack its beginning, because the read began within it. Default: only where it continues
   * {@link AppendAssembly.startAfter}.
   */
  readonly isRest?: (first: RecordedEvent) => boolean;
  /** Default: forwards. */
  readonly isBackwards?: boolean;
}

/**
 * Puts the events of a log or of a stream together to whole appends, so that nobody is handed half a command: somebody
 * has deleted the rest, a program that copies events has stopped half-way, or a server does not show the rest yet.
 */
export class AppendAssembly<Item> {
  readonly #into: AssembledAppends<Item>;
  readonly #isBackwards: boolean;
  /** The events of an append that is not complete yet. */
  #open: Item[] = [];
  #isFirst = true;
  #before: RecordedEvent | undefined;

  constructor(into: AssembledAppends<Item>) {
    this.#into = into;
    this.#isBackwards = into.isBackwards ?? false;
  }

  /** The first event of the append that is not complete yet. */
  get first(): RecordedEvent | undefined {
    return this.#eventAt(0);
  }

  /** The number of events that this append still lacks. */
  get missing(): number {
    const last = this.#eventAt(-1);
    return last === undefined ? 0 : this.#leftAfter(last);
  }

  /** Names the event right before the first one, where a read of the log returns it, too. */
  startAfter(before: RecordedEvent): void {
    if (this.#isFirst && this.#open.length === 0) this.#before = before;
  }

  /** Whether this event belongs to the append that is not complete yet, right after what was added. */
  isContinuedBy(event: RecordedEvent): boolean {
    const last = this.#eventAt(-1);
    if (last === undefined) return false;
    return this.#isBackwards ? isFollowedBy(event, last) : isFollowedBy(last, event);
  }

  /** Adds the next event. */
  add(item: Item): void {
    const event = this.#into.eventOf(item);
    if (event.append === undefined && this.#open.length === 0) {
      this.#isFirst = false;
      this.#into.whole(item);
      return;
    }
    // An event of another append: this one will never be complete.
    if (!this.isContinuedBy(event)) this.end();
    this.#open.push(item);
    if (this.#leftAfter(event) > 0) return;
    const first = this.first ?? event;
    const isWhole = this.#isBeginning(first) || (this.#isFirst && this.#isRest(first));
    if (isWhole) this.release();
    else this.end();
  }

  /** Hands over the append that is not complete, because no more events are asked for. */
  release(): void {
    for (const item of this.#takeOpen()) this.#into.whole(item);
  }

  /** Nothing follows: an append that is not complete is half of one. */
  end(): void {
    for (const item of this.#takeOpen()) this.#into.half(item, halfAppend(this.#into.eventOf(item)));
  }

  #isRest(first: RecordedEvent): boolean {
    if (this.#before !== undefined && isFollowedBy(this.#before, first)) return true;
    return this.#into.isRest?.(first) === true;
  }

  #takeOpen(): readonly Item[] {
    const open = this.#open;
    if (open.length > 0) [this.#open, this.#isFirst] = [[], false];
    return open;
  }

  #eventAt(place: number): RecordedEvent | undefined {
    const item = this.#open.at(place);
    return item === undefined ? undefined : this.#into.eventOf(item);
  }

  #leftAfter(event: RecordedEvent): number {
    return this.#isBackwards ? placesBefore(event) : followedInAppend(event);
  }

  #isBeginning(event: RecordedEvent): boolean {
    return (this.#isBackwards ? followedInAppend(event) : placesBefore(event)) === 0;
  }
}

/** Whether `next` is the next event of the same append. */
function isFollowedBy({ append, streamId }: RecordedEvent, next: RecordedEvent): boolean {
  if (append === undefined || next.append === undefined) return false;
  return append.place + 1 === next.append.place && append.count === next.append.count && streamId === next.streamId;
}

function placesBefore({ append }: RecordedEvent): number {
  return append === undefined ? 0 : append.place - 1;
}

function halfAppend(event: RecordedEvent): Fault<'unreadable-event'> {
  const { streamId, revision, type, schemaVersion, append = { place: 1, count: 1 } } = event;
  const problem = `only a part of its append is there: it is event ${append.place} of ${append.count}`;
  return new Fault('unreadable-event', { streamId, revision, type, schemaVersion, problem });
}
