import { laterPosition, START, type Position } from '@login-policy/event-sourcing';
import { followedInAppend, type EventFilter } from '@login-policy/event-sourcing/store';
import { halved, isFollowedBy, isWhole, type Halves } from './halves.js';
import type { LogRecord } from './log-record.js';
import type { OwnEvents } from './own-events.js';
import type { Page } from './reading-streams.js';
import type { StoredEvent } from './rows.js';
import type { StreamNames, Wanted } from './names.js';

/** Whose records pages are made of. */
export interface PageSource {
  readonly names: StreamNames;
  readonly halves: Halves;
  readonly own: OwnEvents;
}

/**
 * Makes pages of the records that come of the whole log: only what is wanted, none of it twice, and each page ends where an
 * append ends. Records of one append stand next to each other in the log.
 */
export class PageMaker {
  readonly #names: StreamNames;
  readonly #halves: Halves;
  readonly #own: OwnEvents;
  readonly #isWanted: Wanted;
  /** Whole appends, and those that were cut off: ready to be handed out. */
  #ready: StoredEvent[] = [];
  /** The beginning of an append whose end has not come. */
  #begun: StoredEvent[] = [];
  #taken: Position;
  #handedOut: Position;
  /** What comes first may be the rest of an append, whose beginning lies before where this begins. */
  #beganBefore: boolean;

  constructor({ names, halves, own }: PageSource, filter: EventFilter | undefined, after: Position) {
    this.#names = names;
    this.#halves = halves;
    this.#own = own;
    this.#isWanted = names.wanted(filter);
    this.#taken = after;
    this.#handedOut = after;
    this.#beganBefore = after !== START;
  }

  /** All that is wanted up to here has been handed out. */
  get handedOut(): Position {
    return this.#handedOut;
  }

  /** The end of the last append that is held or was handed out. */
  get lastWhole(): Position {
    return this.#ready.at(-1)?.event.position ?? this.#handedOut;
  }

  /** How many events can be handed out. */
  get whole(): number {
    return this.#ready.length;
  }

  /** Whether the beginning of an append has come, and not yet its end. */
  get isInside(): boolean {
    return this.#begun.length > 0;
  }

  /** Takes what is wanted of some records. */
  take(records: readonly LogRecord[]): void {
    for (const record of records) {
      if (record.position <= this.#taken || !this.#isWanted(record)) continue;
      this.#taken = record.position;
      this.#hold(this.#own.at(record.position) ?? record.stored(this.#names.idOf(record.streamName)));
    }
  }

  /** There are no more records for now: an append that has been half for too long is handed out as what it is. */
  settle(): void {
    const [first] = this.#begun;
    if (first !== undefined && this.#halves.isCutOff(first.event.position)) this.#cutOff();
  }

  /** The next page of about so many events, empty when there is none. */
  handOut(size: number): Page {
    let end = Math.min(size, this.#ready.length);
    while (end < this.#ready.length && this.#isFollowed(end - 1)) end += 1;
    const page = this.#ready.splice(0, end);
    this.#handedOut = laterPosition(this.#handedOut, page.at(-1)?.event.position ?? this.#handedOut);
    return page;
  }

  /** Forgets what was not handed out: it comes again. */
  forget(): void {
    this.#ready = [];
    this.#begun = [];
    this.#taken = this.#handedOut;
  }

  #hold(stored: StoredEvent): void {
    const last = this.#begun.at(-1)?.event;
    // Followed by what does not belong to it, an append is not going to be whole any more.
    if (last !== undefined && !isFollowedBy(last, stored.event)) this.#cutOff();
    this.#begun.push(stored);
    if (followedInAppend(stored.event) > 0) return;
    if (!isWhole(this.#begun) && !this.#beganBefore) return this.#cutOff();
    this.#ready.push(...this.#begun);
    this.#begun = [];
    this.#beganBefore = false;
  }

  #cutOff(): void {
    this.#ready.push(...halved(this.#begun));
    this.#begun = [];
    this.#beganBefore = false;
  }

  #isFollowed(index: number): boolean {
    const event = this.#ready[index]?.event;
    return event !== undefined && isFollowedBy(event, this.#ready[index + 1]?.event);
  }
}
