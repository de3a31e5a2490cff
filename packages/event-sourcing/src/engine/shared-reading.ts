import { filterPredicate, type EventFilter } from '../streams/event-filter.js';
import type { Follower, Following, SubscriptionMessage } from '../streams/following.js';
import { pagesOf } from '../streams/paging.js';
import type { Position } from '../values/position.js';
import { leavable } from '../store/leavable.js';
import { Notifier } from '../store/notifier.js';
import { catchUpSubscription, type ReadAhead, type Reader } from '../store/read-through.js';
import { TIME_UP, within } from '../store/time-out.js';
import type { GuardedBackend } from './guarded-backend.js';
import type { LogRange } from './log-backend.js';

/** How often the log is read while somebody waits; otherwise the backend says it. */
const AWAITED_MS = 100;
/** The least events read at once: followers get smaller pages as parts of it. */
const LEAST_READ = 500;
/** The most pages that are kept for followers that come later. */
const MOST_PAGES = 8;
/** A follower that has asked for nothing for longer is not read for until it asks again. */
const PRESENT_MS = 1000;

/** What a follower last did. */
interface Presence {
  /** When it last asked; `Infinity` while it waits for the end of a turn. */
  readonly askedAt: number;
  /** The turn in which it last read. */
  readonly turn: number;
}

/** One page of the log, which the followers at a position share. */
interface SharedPage {
  readonly after: Position;
  /** The turn in which it was asked for. */
  readonly turn: number;
  readonly range: SharedRange;
  readonly answer: Promise<ReadAhead>;
  /** `undefined` while it is under way. */
  found: ReadAhead | undefined;
}

/** Pages that continue one another are read with the same range, which the backend remembers. */
interface SharedRange extends LogRange {
  /** Its last page; `undefined` while one is under way, or after a failure. */
  last: ReadAhead | undefined;
  readonly ending: AbortController;
}

/**
 * Reads a log once for all that follow it, where each read costs the server a call. In each turn, the followers at the
 * same position get the same page. None waits for another: a slow one takes a page that is kept, or reads for itself
 * until it is at the head again. One that stands still is not read for.
 */
export class SharedReading {
  readonly #guarded: GuardedBackend;
  readonly #followers = new Map<Follower, Presence>();
  readonly #turned = new Notifier();
  /** A turn begins with the pause after which the next one does. So no change is missed that came after a read in it. */
  #turn = 0;
  /** Ends the pause; `undefined` between two turns. */
  #pausing: AbortController | undefined;
  /** The last pages, the newest last. */
  #pages: readonly SharedPage[] = [];

  constructor(guarded: GuardedBackend) {
    this.#guarded = guarded;
  }

  /** Adds a follower, until it leaves. */
  join(follower: Follower): Following {
    this.#followers.set(follower, { askedAt: performance.now(), turn: -1 });
    return {
      messages: (after, signal) => this.#messages(follower, after, signal),
      due: async (signal) => {
        const isCurrent = this.#pausing !== undefined && this.#followers.get(follower)?.turn === this.#turn;
        if (isCurrent) await this.#due(follower, signal);
      },
      hurry: () => this.#hurry(),
      leave: () => this.#leave(follower),
    };
  }

  #messages(
    follower: Follower,
    after: Position | undefined,
    signal: AbortSignal | undefined,
  ): AsyncIterable<SubscriptionMessage> {
    return leavable(signal, (left) => {
      const reader = this.#readerOf(follower, left.signal);
      return catchUpSubscription({ reader, changed: (ended) => this.#due(follower, ended), after }, left);
    });
  }

  async #due(follower: Follower, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    this.#note(follower, { askedAt: Infinity });
    const turned = this.#turned.changed(signal);
    if (this.#pausing === undefined) this.#pause();
    await turned;
    this.#note(follower, { askedAt: performance.now() });
  }

  #note(follower: Follower, noted: Partial<Presence>): void {
    const before = this.#followers.get(follower);
    if (before !== undefined) this.#followers.set(follower, { ...before, ...noted });
  }

  /** The followers to read for. */
  get #present(): readonly Follower[] {
    const since = performance.now() - PRESENT_MS;
    return [...this.#followers].flatMap(([follower, { askedAt }]) => (askedAt >= since ? [follower] : []));
  }

  #hurry(): void {
    this.#pausing?.abort();
    this.#endTurn();
  }

  #leave(follower: Follower): void {
    this.#followers.delete(follower);
    if (this.#followers.size > 0) return;
    this.#hurry();
    this.#keep([]);
  }

  /** Begins a turn, which ends after a pause; at once when the store is closed, so that each follower finds that out. */
  #pause(): void {
    const pausing = new AbortController();
    this.#pausing = pausing;
    this.#turn += 1;
    const isAwaited = this.#present.some((follower) => follower.isAwaited());
    const paused = this.#guarded.changed(pausing.signal, isAwaited ? AWAITED_MS : undefined);
    const end = (): void => {
      if (this.#pausing === pausing) this.#endTurn();
    };
    paused.then(end, end);
  }

  #endTurn(): void {
    this.#pausing = undefined;
    this.#turned.notify();
  }

  /** The pages of one follower: parts of the shared ones, with the events that it wants. */
  #readerOf(follower: Follower, signal: AbortSignal): Reader {
    const { filter, pageSize } = follower;
    const isWanted = filterPredicate(filter);
    let rest: ReadAhead | undefined;
    return async (after) => {
      const { events, ...page } = rest ?? (await this.#read(after, follower, signal));
      const wanted = rest === undefined ? events.filter(isWanted) : events;
      const [part = wanted] = pagesOf(wanted, pageSize);
      const last = part.at(-1);
      const isWhole = last === undefined || part.length === wanted.length;
      rest = isWhole ? undefined : { ...page, events: wanted.slice(part.length) };
      if (isWhole) return { ...page, events: part };
      return { ...page, events: part, scannedUpTo: last.position, reachedHead: false };
    };
  }

  async #read(after: Position, follower: Follower, signal: AbortSignal): Promise<ReadAhead> {
    this.#note(follower, { askedAt: performance.now(), turn: this.#turn });
    const ended = this.#headAt(after, follower.filter);
    if (ended !== undefined) return ended;
    const page = this.#pageFor(after, follower.filter) ?? this.#begin(after);
    // Of an earlier turn, it may lack what was written before this one began.
    const isCurrent = page.turn === this.#turn;
    const found = await within(page.answer, Infinity, signal);
    // The follower has left, so nobody gets it.
    if (found === TIME_UP) return { events: [], scannedUpTo: after, reachedHead: true };
    return isCurrent ? found : { ...found, reachedHead: false };
  }

  /** A page of this turn, one that is under way, or one of the turn before with events, for a follower that is late. */
  #pageFor(after: Position, filter: EventFilter | undefined): SharedPage | undefined {
    return this.#pages.find(({ after: begin, found, range, turn }) => {
      const isLate = turn === this.#turn - 1 && (found?.events.length ?? 0) > 0;
      const isFit = turn === this.#turn || found === undefined || isLate;
      return begin === after && isFit && covers(range.filter, filter);
    });
  }

  /** The head, if this turn has read it already: another process has moved a follower's rows there. */
  #headAt(after: Position, filter: EventFilter | undefined): ReadAhead | undefined {
    const page = this.#pages.find(
      ({ found, range, turn }) =>
        turn === this.#turn &&
        found?.reachedHead === true &&
        found.scannedUpTo === after &&
        covers(range.filter, filter),
    );
    return page?.found && { ...page.found, events: [] };
  }

  #begin(after: Position): SharedPage {
    const askedAt = performance.now();
    const range = this.#rangeAfter(after);
    range.last = undefined;
    const { signal } = range.ending;
    const answer = this.#guarded
      .call(undefined, (backend) => backend.readLog(after, range, { signal }))
      .then((found) => ({ askedAt, ...found }));
    const page: SharedPage = { after, turn: this.#turn, range, answer, found: undefined };
    answer.then(
      (found) => {
        page.found = found;
        range.last = found;
      },
      // The next one to ask reads anew.
      () => this.#keep(this.#pages.filter((other) => other !== page)),
    );
    const last = this.#pages.length - MOST_PAGES;
    // While one that is far behind reads page after page, the others go on from the page at the head.
    const isAtHead = ({ found, turn }: SharedPage): boolean => found?.reachedHead === true && turn >= this.#turn - 1;
    const isKept = (other: SharedPage, index: number): boolean =>
      other.found === undefined || index >= last || isAtHead(other);
    this.#keep([...this.#pages.filter(isKept), page]);
    return page;
  }

  /**
   * A range with which the backend reads on: that of the page that ended here, or of the latest page that reached an earlier
   * head, if another process has moved the rows from there. Otherwise a new one.
   */
  #rangeAfter(after: Position): SharedRange {
    const { filter, pageSize } = this.#wanted();
    const isBefore = ({ last, ...range }: SharedRange): boolean =>
      (last?.scannedUpTo === after || (last?.reachedHead === true && last.scannedUpTo < after)) &&
      range.pageSize === pageSize &&
      covers(range.filter, filter) &&
      covers(filter, range.filter);
    const before = this.#pages.findLast(({ range }) => isBefore(range))?.range;
    return before ?? { filter, pageSize, isFollowed: true, last: undefined, ending: new AbortController() };
  }

  /** What all followers want together. */
  #wanted(): Pick<LogRange, 'filter' | 'pageSize'> {
    const categories = new Set<string>();
    let isAll = false;
    let pageSize = LEAST_READ;
    for (const follower of this.#present) {
      pageSize = Math.max(pageSize, follower.pageSize);
      if (follower.filter === undefined) isAll = true;
      for (const category of follower.filter?.categories ?? []) categories.add(category);
    }
    return { filter: isAll ? undefined : { categories: [...categories].sort() }, pageSize };
  }

  /** Keeps these pages. What a backend remembers of the others is let go. */
  #keep(pages: readonly SharedPage[]): void {
    const before = this.#pages;
    this.#pages = pages;
    for (const { range } of before) if (!pages.some((page) => page.range === range)) range.ending.abort();
  }
}

/** Whether all that a filter lets through passes this one, too. */
function covers(filter: EventFilter | undefined, wanted: EventFilter | undefined): boolean {
  if (filter === undefined) return true;
  return wanted?.categories.every((category) => filter.categories.includes(category)) === true;
}
