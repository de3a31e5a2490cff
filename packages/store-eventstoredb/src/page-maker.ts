import { laterPosition, type Position } from '@login-policy/event-sourcing';
import { followedInAppend, type EventFilter } from '@login-policy/event-sourcing/store';
import type { LogRecord } from './log-record.js';
import type { Page } from './reading-streams.js';
import type { StoredEvent } from './rows.js';
import type { StreamNames, Wanted } from './names.js';

/**
 * Makes pages of the records that come of the whole log: only what is wanted, none of it twice, and each page ends where an
 * append ends. Records of one append stand next to each other in the log.
 */
export class PageMaker {
  readonly #names: StreamNames;
  readonly #isWanted: Wanted;
  #held: StoredEvent[] = [];
  /** So many of what is held are whole appends. */
  #whole = 0;
  #taken: Position;
  #handedOut: Position;

  constructor(names: StreamNames, filter: EventFilter | undefined, after: Position) {
    this.#names = names;
    this.#isWanted = names.wanted(filter);
    this.#taken = after;
    this.#handedOut = after;
  }

  /** All that is wanted up to here has been handed out. */
  get handedOut(): Position {
    return this.#handedOut;
  }

  /** How many events of whole appends are held. */
  get whole(): number {
    return this.#whole;
  }

  /** Whether the beginning of an append has come, and not yet its end. */
  get isInside(): boolean {
    return this.#held.length > this.#whole;
  }

  /** Takes what is wanted of some records. */
  take(records: readonly LogRecord[]): void {
    for (const record of records) {
      if (record.position <= this.#taken || !this.#isWanted(record)) continue;
      this.#taken = record.position;
      this.#hold(record.stored(this.#names.idOf(record.streamName)));
    }
  }

  /** The next page of about so many events, empty when there is none. */
  handOut(size: number): Page {
    let end = Math.min(size, this.#whole);
    while (end < this.#whole && isFollowed(this.#held, end - 1)) end += 1;
    const page = this.#held.splice(0, end);
    this.#whole -= end;
    this.#handedOut = laterPosition(this.#handedOut, page.at(-1)?.event.position ?? this.#handedOut);
    return page;
  }

  /** Forgets what was not handed out: it comes again. */
  forget(): void {
    this.#held = [];
    this.#whole = 0;
    this.#taken = this.#handedOut;
  }

  #hold(stored: StoredEvent): void {
    this.#held.push(stored);
    // Followed by what does not belong to it, an append is not going to be whole any more: it was cut off.
    if (!isFollowed(this.#held, this.#held.length - 2)) this.#whole = this.#held.length - 1;
    if (followedInAppend(stored.event) === 0) this.#whole = this.#held.length;
  }
}

/** Whether the event after this one is the next of the same append. */
function isFollowed(events: readonly StoredEvent[], index: number): boolean {
  const [event, next] = [events[index]?.event, events[index + 1]?.event];
  if (event?.append === undefined || next?.append === undefined) return false;
  return event.append.place + 1 === next.append.place && event.streamId === next.streamId;
}
