import { laterPosition, Lru, type Position, START } from '@login-policy/event-sourcing';
import { AppendAssembly, type EventFilter, followedInAppend } from '@login-policy/event-sourcing/store';
import { faultyEvent } from './faulty-event.js';
import type { OwnEvents } from './known.js';
import type { LogRecord, StoredEvent } from './record.js';
import type { StreamNames, Wanted } from './stream-names.js';

/** What a maker of pages shares with the other reads of its store. */
export interface PageContext {
  readonly names: StreamNames;
  readonly ownEvents: OwnEvents;
  readonly partialAppends: PartialAppends;
}

/**
 * Turns records of the whole log into pages: only wanted events, each once, and whole appends. A filter takes whole
 * streams, so it never splits an append. In the log, the events of one append are adjacent.
 */
export class PageMaker {
  readonly #context: PageContext;
  readonly #isWanted: Wanted;
  /** The events for the next pages: of whole appends, and of appends that will never be complete. */
  #ready: StoredEvent[] = [];
  #assembly: AppendAssembly<StoredEvent>;
  #lastAdded: Position;
  #receivedUpTo: Position;
  #returnedUpTo: Position;

  constructor(context: PageContext, filter: EventFilter | undefined, after: Position) {
    this.#context = context;
    this.#isWanted = context.names.wanted(filter);
    this.#lastAdded = after;
    this.#receivedUpTo = after;
    this.#returnedUpTo = after;
    this.#assembly = this.#newAssembly();
  }

  /** The last record received, wanted or not. */
  get receivedUpTo(): Position {
    return this.#receivedUpTo;
  }

  /** All wanted events up to this position have been returned. */
  get returnedUpTo(): Position {
    return this.#returnedUpTo;
  }

  /** The last event that is ready to be returned. */
  get lastReady(): StoredEvent['event'] | undefined {
    return this.#ready.at(-1)?.event;
  }

  /** The number of events ready to be returned. */
  get readyCount(): number {
    return this.#ready.length;
  }

  /** Whether the last append is still incomplete. */
  get hasIncomplete(): boolean {
    return this.#assembly.first !== undefined;
  }

  /** Adds the wanted ones of these records. */
  add(records: readonly LogRecord[]): void {
    const { names, ownEvents } = this.#context;
    this.#receivedUpTo = laterPosition(this.#receivedUpTo, records.at(-1)?.position ?? START);
    for (const record of records) {
      if (record.position < this.#lastAdded || !this.#isWanted(record)) continue;
      const stored = ownEvents.at(record.position) ?? record.stored(names.idOf(record.streamName));
      if (record.position > this.#lastAdded) this.#assembly.add(stored);
      else this.#assembly.startAfter(stored.event);
      this.#lastAdded = record.position;
    }
  }

  /**
   * Call it at the end of the log. An append that has been incomplete for too long is given up: its events are returned
   * as unreadable.
   */
  cutOffOverdue(): void {
    const { first } = this.#assembly;
    if (first !== undefined && this.#context.partialAppends.isCutOff(first.position)) this.#assembly.end();
  }

  /** The next page, of about `size` events; empty when there is none. */
  nextPage(size: number): readonly StoredEvent[] {
    let end = Math.min(size, this.#ready.length);
    while (end < this.#ready.length && this.#isFollowed(end - 1)) end += 1;
    const page = this.#ready.splice(0, end);
    this.#returnedUpTo = laterPosition(this.#returnedUpTo, page.at(-1)?.event.position ?? this.#returnedUpTo);
    return page;
  }

  /** Drops all events not returned yet, because they will be read again. */
  discardUnreturned(): void {
    this.#ready = [];
    this.#assembly = this.#newAssembly();
    this.#lastAdded = this.#returnedUpTo;
    this.#receivedUpTo = this.#returnedUpTo;
  }

  #newAssembly(): AppendAssembly<StoredEvent> {
    return new AppendAssembly({
      eventOf: ({ event }) => event,
      whole: (stored) => this.#ready.push(stored),
      half: ({ event }, fault) => this.#ready.push({ event: faultyEvent(event, fault), receipt: undefined }),
    });
  }

  #isFollowed(index: number): boolean {
    const event = this.#ready[index]?.event;
    return event !== undefined && followedInAppend(event) > 0;
  }
}

/**
 * Appends of which only the first events are in the log. A server may return an append like this for some milliseconds.
 * If the rest is missing for `stallMs`, it is regarded as cut off: a program that copies events has stopped half-way.
 */
export class PartialAppends {
  readonly #stallMs: number;
  readonly #incompleteSince = new Lru<Position, number>(1000);

  constructor(stallMs: number) {
    this.#stallMs = stallMs;
  }

  /**
   * Whether the append that begins with this event is cut off. Call it when the append is incomplete at the end of the
   * log. The first call starts the time.
   */
  isCutOff(first: Position): boolean {
    const since = this.#incompleteSince.get(first);
    if (since === undefined) this.#incompleteSince.set(first, performance.now());
    return since !== undefined && performance.now() - since >= this.#stallMs;
  }
}
