import { laterPosition, START, type Position } from '@login-policy/event-sourcing';
import { followedInAppend, type EventFilter } from '@login-policy/event-sourcing/store';
import { asUnreadable, isFollowedBy, isWhole, type PartialAppends } from './partial-appends.js';
import type { LogRecord } from './log-record.js';
import type { OwnEvents } from './own-events.js';
import type { Page } from './reading-streams.js';
import type { StoredEvent } from './rows.js';
import type { StreamNames, Wanted } from './names.js';

/** The store that the records belong to. */
export interface PageSource {
  readonly names: StreamNames;
  readonly partialAppends: PartialAppends;
  readonly own: OwnEvents;
}

/**
 * Turns records of the whole log into pages: only wanted events, none of them twice, and no append split between pages.
 * In the log, the events of one append are adjacent.
 */
export class PageMaker {
  readonly #names: StreamNames;
  readonly #partialAppends: PartialAppends;
  readonly #own: OwnEvents;
  readonly #isWanted: Wanted;
  /** The events of whole and cut-off appends, ready for a page. */
  #ready: StoredEvent[] = [];
  /** The first events of an append whose end has not arrived. */
  #begun: StoredEvent[] = [];
  #taken: Position;
  #handedOut: Position;
  /** The first events may be the rest of an append that began before the start position. */
  #beganBefore: boolean;

  constructor({ names, partialAppends, own }: PageSource, filter: EventFilter | undefined, after: Position) {
    this.#names = names;
    this.#partialAppends = partialAppends;
    this.#own = own;
    this.#isWanted = names.wanted(filter);
    this.#taken = after;
    this.#handedOut = after;
    this.#beganBefore = after !== START;
  }

  /** All wanted events up to this position have been returned. */
  get handedOut(): Position {
    return this.#handedOut;
  }

  /** The end of the last append that is buffered or was returned. */
  get lastWhole(): Position {
    return this.#ready.at(-1)?.event.position ?? this.#handedOut;
  }

  /** The number of events ready to be returned. */
  get whole(): number {
    return this.#ready.length;
  }

  /** Whether the last append has begun, but its end has not arrived. */
  get isInside(): boolean {
    return this.#begun.length > 0;
  }

  /** Adds the wanted ones of these records. */
  take(records: readonly LogRecord[]): void {
    for (const record of records) {
      if (record.position <= this.#taken || !this.#isWanted(record)) continue;
      this.#taken = record.position;
      this.#hold(this.#own.at(record.position) ?? record.stored(this.#names.idOf(record.streamName)));
    }
  }

  /** The end of the log is reached: returns an append that has been incomplete for too long as unreadable events. */
  settle(): void {
    const [first] = this.#begun;
    if (first !== undefined && this.#partialAppends.isCutOff(first.event.position)) this.#cutOff();
  }

  /** The next page, of about `size` events; empty when there is none. */
  handOut(size: number): Page {
    let end = Math.min(size, this.#ready.length);
    while (end < this.#ready.length && this.#isFollowed(end - 1)) end += 1;
    const page = this.#ready.splice(0, end);
    this.#handedOut = laterPosition(this.#handedOut, page.at(-1)?.event.position ?? this.#handedOut);
    return page;
  }

  /** Drops everything not returned yet, because it will be read again. */
  forget(): void {
    this.#ready = [];
    this.#begun = [];
    this.#taken = this.#handedOut;
  }

  #hold(stored: StoredEvent): void {
    const last = this.#begun.at(-1)?.event;
    // Another event follows, so the append will never be complete.
    if (last !== undefined && !isFollowedBy(last, stored.event)) this.#cutOff();
    this.#begun.push(stored);
    if (followedInAppend(stored.event) > 0) return;
    if (!isWhole(this.#begun) && !this.#beganBefore) return this.#cutOff();
    this.#ready.push(...this.#begun);
    this.#begun = [];
    this.#beganBefore = false;
  }

  #cutOff(): void {
    this.#ready.push(...asUnreadable(this.#begun));
    this.#begun = [];
    this.#beganBefore = false;
  }

  #isFollowed(index: number): boolean {
    const event = this.#ready[index]?.event;
    return event !== undefined && isFollowedBy(event, this.#ready[index + 1]?.event);
  }
}
