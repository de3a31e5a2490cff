import { laterPosition, START, type Position, type RecordedEvent } from '@login-policy/event-sourcing';
import { followedInAppend, type EventFilter } from '@login-policy/event-sourcing/store';
import { asUnreadable, isFollowedBy, isWhole } from './partial-appends.js';
import type { LogRecord } from './log-record.js';
import type { Page } from './stream-reader.js';
import type { StoredEvent } from './record-codec.js';
import type { ReadingContext } from './server-reads.js';
import type { Wanted } from './stream-names.js';

/**
 * Turns records of the whole log into pages: only wanted events, each once, and whole appends. A filter takes whole
 * streams, so it never splits an append. In the log, the events of one append are adjacent.
 */
export class PageMaker {
  readonly #context: ReadingContext;
  readonly #isWanted: Wanted;
  /** The events for the next pages: of whole appends, and of appends that will never be complete. */
  #ready: StoredEvent[] = [];
  /** The first events of an append whose last event has not arrived. */
  #incomplete: StoredEvent[] = [];
  #lastAdded: Position;
  #receivedUpTo: Position;
  #returnedUpTo: Position;
  /** The event at `after`, which the log returns, too. It shows whether the first events finish its append. */
  #atStart: RecordedEvent | undefined;

  constructor(context: ReadingContext, filter: EventFilter | undefined, after: Position) {
    this.#context = context;
    this.#isWanted = context.names.wanted(filter);
    this.#lastAdded = after;
    this.#receivedUpTo = after;
    this.#returnedUpTo = after;
  }

  /** The last record received, wanted or not. */
  get receivedUpTo(): Position {
    return this.#receivedUpTo;
  }

  /** All wanted events up to this position have been returned. */
  get returnedUpTo(): Position {
    return this.#returnedUpTo;
  }

  /** The end of the last append that is ready or was returned. */
  get lastAppendEnd(): Position {
    return this.#ready.at(-1)?.event.position ?? this.#returnedUpTo;
  }

  /** The number of events ready to be returned. */
  get readyCount(): number {
    return this.#ready.length;
  }

  /** Whether the last append is still incomplete. */
  get hasIncomplete(): boolean {
    return this.#incomplete.length > 0;
  }

  /** Adds the wanted ones of these records. */
  add(records: readonly LogRecord[]): void {
    const { names, ownEvents } = this.#context;
    this.#receivedUpTo = laterPosition(this.#receivedUpTo, records.at(-1)?.position ?? START);
    for (const record of records) {
      if (record.position < this.#lastAdded || !this.#isWanted(record)) continue;
      const stored = ownEvents.at(record.position) ?? record.stored(names.idOf(record.streamName));
      if (record.position > this.#lastAdded) this.#addEvent(stored);
      else if (this.#incomplete.length === 0) this.#atStart = stored.event;
      this.#lastAdded = record.position;
    }
  }

  /**
   * Call it at the end of the log. An append that has been incomplete for too long is given up: its events are returned
   * as unreadable.
   */
  cutOffOverdue(): void {
    const [first] = this.#incomplete;
    if (first !== undefined && this.#context.partialAppends.isCutOff(first.event.position)) this.#cutOff();
  }

  /** The next page, of about `size` events; empty when there is none. */
  nextPage(size: number): Page {
    let end = Math.min(size, this.#ready.length);
    while (end < this.#ready.length && this.#isFollowed(end - 1)) end += 1;
    const page = this.#ready.splice(0, end);
    this.#returnedUpTo = laterPosition(this.#returnedUpTo, page.at(-1)?.event.position ?? this.#returnedUpTo);
    return page;
  }

  /** Drops all events not returned yet, because they will be read again. */
  discardUnreturned(): void {
    this.#ready = [];
    this.#incomplete = [];
    this.#lastAdded = this.#returnedUpTo;
    this.#receivedUpTo = this.#returnedUpTo;
  }

  #addEvent(stored: StoredEvent): void {
    const last = this.#incomplete.at(-1)?.event;
    // The next event belongs to another append, so this one will never be complete.
    if (last !== undefined && !isFollowedBy(last, stored.event)) this.#cutOff();
    this.#incomplete.push(stored);
    if (followedInAppend(stored.event) > 0) return;
    if (!isWhole(this.#incomplete) && !this.#isRest) return this.#cutOff();
    this.#ready.push(...this.#incomplete);
    this.#incomplete = [];
    this.#atStart = undefined;
  }

  #cutOff(): void {
    this.#ready.push(...asUnreadable(this.#incomplete));
    this.#incomplete = [];
    this.#atStart = undefined;
  }

  /** Whether the first events are the rest of an append that began before the start position. */
  get #isRest(): boolean {
    return this.#atStart !== undefined && isFollowedBy(this.#atStart, this.#incomplete[0]?.event);
  }

  #isFollowed(index: number): boolean {
    const event = this.#ready[index]?.event;
    return event !== undefined && isFollowedBy(event, this.#ready[index + 1]?.event);
  }
}
