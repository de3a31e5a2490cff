import { laterPosition, PositionUnknown, START, type Position } from '@login-policy/event-sourcing';
import {
  pageSizeOf,
  type EventFilter,
  type ReadAllOptions,
  placeIn,
  type WaitOptions,
} from '@login-policy/event-sourcing/store';
import { backOff } from './deadline.js';
import { Ending } from './ending.js';
import { isFailureInside } from './faults.js';
import type { LogRecord } from './log-record.js';
import { PageMaker } from './page-maker.js';
import { Patience } from './patience.js';
import type { Page } from './reading-streams.js';
import { allReadRequest, type AllRead } from './requests.js';
import { logRecordsOf, retrying, serverRead, type ReadingContext, type ServerRead } from './server-reads.js';

/** How everything is read, for which the server may have to be asked more than once. */
export interface Reading {
  readonly filter: EventFilter | undefined;
  readonly pageSize: number;
  readonly ending: Ending;
  readonly patience: Patience;
}

/** How far the log went when one looked. */
export interface Extent {
  /** The last event of this store; `START` when it has none. */
  readonly last: Position;
  /** The last record, whosever it is: all that comes later stands behind it. */
  readonly end: Position;
}

type Records = AsyncGenerator<readonly LogRecord[], void, undefined>;

/** A place where nothing is each time one looks is none of this server's. */
const LOOKS = 7;

const FORWARDS = { direction: 'forwards', limit: Infinity } as const;
const FROM_THE_END = { direction: 'backwards', from: 'end' } as const;

/** Reads the whole log, filtered by the server, going on after a broken connection where it was. */
export class LogReader {
  readonly #context: ReadingContext;
  /** What was found when one looked last: a look begins there if it is still so, also after a backup was put back. */
  #known: Extent | undefined;

  constructor(context: ReadingContext) {
    this.#context = context;
  }

  /** The pages of everything that is wanted after a position, up to the end there is when it gets there. */
  async *pages(options: ReadAllOptions, left?: AbortSignal): AsyncGenerator<Page, void, undefined> {
    const { closing, names, timeouts } = this.#context;
    const { filter, after = START } = options;
    const pageSize = pageSizeOf(options);
    const ending = new Ending(closing, { signals: [options.signal, left] });
    const patience = new Patience('reading everything', timeouts.retryMs, ending.signal);
    try {
      yield* this.fill(new PageMaker(names, filter, after), { filter, pageSize, ending, patience });
    } finally {
      ending.leave();
    }
  }

  /** Fills a maker from where it is. The beginning of an append that the end of the log is in the middle of stays in it. */
  async *fill(maker: PageMaker, reading: Reading): AsyncGenerator<Page, void, undefined> {
    const { filter, ending, patience } = reading;
    const isNothing = filter?.categories.length === 0;
    while (!ending.isHere() && !isNothing) {
      try {
        await this.#demandKnown(maker.handedOut, ending.signal);
        yield* this.#fillOnce(maker, reading);
        if (!ending.isHere()) return;
      } catch (error) {
        await patience.after(error);
      }
    }
  }

  async *#fillOnce(
    maker: PageMaker,
    { filter, pageSize, ending, patience }: Reading,
  ): AsyncGenerator<Page, void, undefined> {
    const { names, timeouts } = this.#context;
    maker.forget();
    const read: AllRead = { ...FORWARDS, from: maker.handedOut, filter: names.serverFilter(filter) };
    for await (const records of this.#records(read, { pageSize, signal: ending.signal, withinMs: timeouts.scanMs })) {
      patience.renew();
      maker.take(records);
      while (maker.whole >= pageSize) yield this.#handOut(maker, pageSize);
    }
    if (maker.whole > 0 && !ending.isHere()) yield this.#handOut(maker, pageSize);
  }

  #handOut(maker: PageMaker, pageSize: number): Page {
    const page = maker.handOut(pageSize);
    this.note(page.at(-1)?.event.position);
    return page;
  }

  /** The position of the last event of this store; `START` when it has none. */
  head({ signal }: WaitOptions = {}): Promise<Position> {
    return retrying(this.#context, { doing: 'looking for the last event', signal }, async (stop) => {
      const { last } = await this.look(stop);
      return last;
    });
  }

  /** How far the log goes now. What others wrote since the last look is passed over by the server, and not sent. */
  async look(signal: AbortSignal): Promise<Extent> {
    const known = this.#known;
    const [same, next] = known === undefined ? [] : await this.#standing(known, signal);
    const isSame = known !== undefined && same?.position === known.end;
    if (isSame && next === undefined) return known;
    const end = await this.end(signal);
    const isLast = isSame && (await this.#firstAfter(known.end, signal)) === undefined;
    const last = isLast ? known.last : await this.#lastEvent(signal);
    const extent = { last, end: laterPosition(last, end) };
    // Not if an event was noted meanwhile, or the look was broken off.
    if (this.#known === known && !signal.aborted) this.#known = extent;
    return extent;
  }

  /** Takes note of an event of this store. */
  note(event: Position | undefined): void {
    if (event === undefined || (this.#known !== undefined && event <= this.#known.end)) return;
    this.#known = { last: event, end: event };
  }

  /** The first event of this store, as long as reads are patient. */
  first(): Promise<LogRecord | undefined> {
    return retrying(this.#context, { doing: 'looking for the first event' }, (signal) =>
      this.#firstAfter(START, signal),
    );
  }

  /** The record at a place, as long as reads are patient; `undefined` when there is none. */
  async at(place: Position): Promise<LogRecord | undefined> {
    const found = await retrying(this.#context, { doing: 'looking for an event' }, (signal) =>
      this.#found(place, signal),
    );
    return typeof found === 'string' ? undefined : found;
  }

  /** What `EventStore.knows` promises. */
  knows(position: Position, { signal }: WaitOptions = {}): Promise<boolean> {
    const doing = 'looking for an event';
    return retrying(this.#context, { doing, signal }, (stop) => this.#isKnown(position, stop));
  }

  /** @throws PositionUnknown when another record stands at a position, or the log ends before it each time one looks. */
  async #demandKnown(position: Position, signal: AbortSignal): Promise<void> {
    if ((await this.#isKnown(position, signal)) || signal.aborted) return;
    throw new PositionUnknown({ position, head: await this.head() });
  }

  /**
   * Whether a position stands for a record that is there. One that the server has scavenged since is still believed: nothing of a store
   * is scavenged, and where the end of the log was, a record of the server's own may have stood.
   */
  async #isKnown(position: Position, signal: AbortSignal): Promise<boolean> {
    if (position === START) return true;
    const found = await this.#found(position, signal);
    return found === 'scavenged' || (found !== 'nowhere' && found.position === position);
  }

  /**
   * The record at a place. Looks more than once: a node that has just become the leader may not know yet what was read elsewhere,
   * and a server says of a place that is none what it says of anything that goes wrong inside it.
   */
  async #found(place: Position, signal: AbortSignal): Promise<LogRecord | 'scavenged' | 'nowhere'> {
    for (let look = 1; look <= LOOKS && !signal.aborted; look++) {
      try {
        const [first] = await this.#from(place, 1, signal);
        if (first !== undefined && placeIn(first.position) === placeIn(place)) return first;
        if (place <= (await this.end(signal))) return 'scavenged';
      } catch (error) {
        if (!isFailureInside(error)) throw error;
        // If it can be read all the same, it was the place.
        await this.end(signal);
      }
      await backOff(look, signal);
    }
    return 'nowhere';
  }

  /** What stood at the end of the log when it was looked at, and what comes next; neither when the log is another now. */
  async #standing({ end }: Extent, signal: AbortSignal): Promise<readonly LogRecord[]> {
    try {
      return await this.#from(end, 2, signal);
    } catch (error) {
      if (!isFailureInside(error)) throw error;
      return [];
    }
  }

  /** The first records at or after a place, whosever they are. */
  async #from(place: Position, limit: number, signal: AbortSignal): Promise<readonly LogRecord[]> {
    const read: AllRead = { direction: 'forwards', from: place, filter: undefined, limit };
    const withinMs = this.#context.timeouts.readMs;
    for await (const records of this.#records(read, { pageSize: limit, signal, withinMs })) return records;
    return [];
  }

  /** The position of the last record of the whole log, whosever it is. */
  async end(signal: AbortSignal): Promise<Position> {
    const read: AllRead = { ...FROM_THE_END, filter: undefined, limit: 1 };
    const withinMs = this.#context.timeouts.stallMs;
    for await (const [last] of this.#records(read, { pageSize: 1, signal, withinMs })) return last?.position ?? START;
    return START;
  }

  /** The first event of this store after a position, if there is one. */
  #firstAfter(after: Position, signal: AbortSignal): Promise<LogRecord | undefined> {
    return this.#firstOwn({ ...FORWARDS, from: after }, signal, after);
  }

  async #lastEvent(signal: AbortSignal): Promise<Position> {
    const last = await this.#firstOwn({ ...FROM_THE_END, limit: Infinity }, signal);
    return last?.position ?? START;
  }

  /** The first event of this store that a read comes upon, other than one that stands right at `after`. */
  async #firstOwn(
    read: Omit<AllRead, 'filter'>,
    signal: AbortSignal,
    after?: Position,
  ): Promise<LogRecord | undefined> {
    const { names, timeouts } = this.#context;
    const isWanted = names.wanted(undefined);
    const filtered = { ...read, filter: names.serverFilter(undefined) };
    for await (const records of this.#records(filtered, { pageSize: 1, signal, withinMs: timeouts.scanMs })) {
      const first = records.find((record) => record.position !== after && isWanted(record));
      if (first !== undefined) return first;
    }
    return undefined;
  }

  async *#records(read: AllRead, how: Omit<ServerRead, 'request'>): Records {
    const messagesOf = serverRead(this.#context.connection, { ...how, request: allReadRequest(read) });
    for await (const messages of messagesOf) yield logRecordsOf(messages);
  }
}
