import { laterPosition, PositionUnknown, START, type Position } from '@login-policy/event-sourcing';
import { pageSizeOf, type EventFilter, type ReadAllOptions, placeIn } from '@login-policy/event-sourcing/store';
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
}

type Records = AsyncGenerator<readonly LogRecord[], void, undefined>;

/** A place that is beyond the end each time one looks is none of this server's. */
const LOOKS = 5;

/** What is asked for at once by whoever does not read in pages. */
const BATCH = 500;

/** Reads the whole log, filtered by the server, going on after a broken connection where it was. */
export class LogReader {
  readonly #context: ReadingContext;
  /** The last event of this store at or before a place that was looked at: where a look for the head may begin. */
  #known: { readonly last: Position; readonly looked: Position } | undefined;

  constructor(context: ReadingContext) {
    this.#context = context;
  }

  /** The pages of everything that is wanted after a position, up to the end there is when it gets there. */
  async *pages(options: ReadAllOptions, left?: AbortSignal): AsyncGenerator<Page, void, undefined> {
    const maker = new PageMaker(this.#context.names, options.filter, options.after ?? START);
    const pageSize = pageSizeOf(options);
    const ending = new Ending(this.#context.closing, { signals: [options.signal, left] });
    try {
      yield* this.fill(maker, { filter: options.filter, pageSize, ending });
    } finally {
      ending.leave();
    }
  }

  /** The same from where a maker is. The beginning of an append that the end of the log is in the middle of stays in it. */
  async *fill(maker: PageMaker, reading: Reading): AsyncGenerator<Page, void, undefined> {
    const { filter, ending } = reading;
    const patience = new Patience('reading everything', this.#context.timeouts.retryMs, ending.signal);
    const isNothing = filter?.categories.length === 0;
    let isKnown = maker.handedOut === START;
    for (let tries = 1; !ending.isHere() && !isNothing; tries++) {
      try {
        if (!isKnown) await this.#demandKnown(maker.handedOut, ending.signal);
        isKnown = true;
        yield* this.#fillOnce(maker, reading, patience);
        if (!ending.isHere()) return;
      } catch (error) {
        if (!isFailureInside(error)) tries = 0;
        // A server that fails at a place it never showed, and can be read all the same, has no such place.
        else if (!isKnown && tries >= LOOKS && (await this.#canBeRead(ending.signal)))
          throw await this.#unknown(maker.handedOut);
        await patience.after(error);
      }
    }
  }

  async *#fillOnce(
    maker: PageMaker,
    { filter, pageSize, ending }: Reading,
    patience: Patience,
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
  head(): Promise<Position> {
    return retrying(this.#context, { doing: 'looking for the last event' }, async (signal) => {
      const end = await this.end(signal);
      const isNews = this.#known === undefined || (await this.firstAfter(this.#known.looked, signal)) !== undefined;
      const last = isNews ? await this.#lastEvent(signal) : this.#known?.last;
      this.note(last ?? START, end);
      return last ?? START;
    });
  }

  /** Takes note of an event of this store, or that there is none after the last that was seen, up to some place. */
  note(event: Position | undefined, looked: Position = event ?? START): void {
    const last = event ?? this.#known?.last;
    const isNews = this.#known === undefined || looked > this.#known.looked;
    if (last !== undefined && isNews) this.#known = { last, looked: laterPosition(last, looked) };
  }

  /** The position of the last record of the whole log, whosever it is: all that comes later stands behind it. */
  async end(signal: AbortSignal): Promise<Position> {
    const read: AllRead = { direction: 'backwards', from: 'end', filter: undefined, limit: 1 };
    const withinMs = this.#context.timeouts.stallMs;
    for await (const records of this.#records(read, { pageSize: 1, signal, withinMs })) {
      return records.at(-1)?.position ?? START;
    }
    return START;
  }

  /**
   * The end of the log, where it is known to go as far as a place. Looks more than once: a node that has just become the
   * leader may not know yet what was read elsewhere.
   *
   * @throws PositionUnknown when the place is beyond the end.
   */
  async endFrom(place: Position | undefined, signal: AbortSignal): Promise<Position> {
    for (let look = 1; ; look++) {
      const end = await this.end(signal);
      if (place === undefined || place <= end || signal.aborted) return end;
      if (look === LOOKS) throw new PositionUnknown({ position: place, head: end });
      await backOff(look, signal);
    }
  }

  /** All records of this store's streams after a position, by one read. */
  async *recordsAfter(after: Position, signal: AbortSignal, pageSize: number = BATCH): Records {
    const { names, timeouts } = this.#context;
    const read: AllRead = { ...FORWARDS, from: after, filter: names.serverFilter(undefined) };
    for await (const records of this.#records(read, { pageSize, signal, withinMs: timeouts.scanMs })) {
      yield records.filter(({ position }) => position > after);
    }
  }

  /** The first event of this store after a position, if there is one. */
  async firstAfter(after: Position, signal: AbortSignal): Promise<LogRecord | undefined> {
    const isWanted = this.#context.names.wanted(undefined);
    for await (const records of this.recordsAfter(after, signal, 1)) {
      const first = records.find(isWanted);
      if (first !== undefined) return first;
    }
    return undefined;
  }

  /** The first event of this store, as long as reads are patient. */
  first(): Promise<LogRecord | undefined> {
    return retrying(this.#context, { doing: 'looking for the first event' }, (signal) =>
      this.firstAfter(START, signal),
    );
  }

  /** The record at a place, as long as reads are patient; `undefined` when there is none. */
  async at(place: Position): Promise<LogRecord | undefined> {
    const found = await this.#found(place);
    return found === 'nowhere' ? undefined : found;
  }

  /**
   * Whether a position stands for a record that is there. One that the server has scavenged since is still believed: nothing of a store
   * is scavenged, and where the end of the log was, a record of the server's own may have stood.
   */
  async knows(position: Position): Promise<boolean> {
    if (position === START) return true;
    const found = await this.#found(position);
    if (found !== undefined) return found !== 'nowhere' && found.position === position;
    const end = await retrying(this.#context, { doing: 'looking for the end' }, (signal) => this.end(signal));
    return position <= end;
  }

  /** `nowhere`: no record ever began there. */
  #found(position: Position): Promise<LogRecord | 'nowhere' | undefined> {
    return retrying(this.#context, { doing: 'looking for an event' }, async (signal) => {
      for (let look = 1; look <= LOOKS; look++) {
        try {
          return await this.#at(position, signal);
        } catch (error) {
          if (!isFailureInside(error) || !(await this.#canBeRead(signal))) throw error;
          await backOff(look, signal);
        }
      }
      return 'nowhere';
    });
  }

  /** @throws PositionUnknown when another record stands there, or the log ends before it. */
  async #demandKnown(position: Position, signal: AbortSignal): Promise<void> {
    const found = await this.#at(position, signal);
    if (found?.position === position || signal.aborted) return;
    if (found !== undefined) throw await this.#unknown(position);
    await this.endFrom(position, signal);
  }

  async #unknown(position: Position): Promise<PositionUnknown> {
    return new PositionUnknown({ position, head: await this.head() });
  }

  async #canBeRead(signal: AbortSignal): Promise<boolean> {
    try {
      await this.end(signal);
      return !signal.aborted;
    } catch {
      return false;
    }
  }

  async #at(place: Position, signal: AbortSignal): Promise<LogRecord | undefined> {
    const read: AllRead = { ...FORWARDS, from: place, filter: undefined, limit: 1 };
    for await (const records of this.#records(read, { pageSize: 1, signal, withinMs: this.#context.timeouts.readMs })) {
      return records.find(({ position }) => placeIn(position) === placeIn(place));
    }
    return undefined;
  }

  async #lastEvent(signal: AbortSignal): Promise<Position | undefined> {
    const { names, timeouts } = this.#context;
    const isWanted = names.wanted(undefined);
    const filter = names.serverFilter(undefined);
    const read: AllRead = { direction: 'backwards', from: 'end', filter, limit: Infinity };
    for await (const records of this.#records(read, { pageSize: 1, signal, withinMs: timeouts.scanMs })) {
      const last = records.find(isWanted);
      if (last !== undefined) return last.position;
    }
    return undefined;
  }

  async *#records(read: AllRead, how: Omit<ServerRead, 'request'>): Records {
    const messagesOf = serverRead(this.#context.connection, { ...how, request: allReadRequest(read) });
    for await (const messages of messagesOf) yield logRecordsOf(messages);
  }
}

const FORWARDS = { direction: 'forwards', limit: Infinity } as const;
