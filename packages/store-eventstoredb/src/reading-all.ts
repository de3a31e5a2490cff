import {
  pageSizeOf,
  PositionUnknown,
  START,
  type EventFilter,
  type Position,
  type ReadAllOptions,
} from '@login-policy/event-sourcing';
import { backOff } from './deadline.js';
import { Ending } from './ending.js';
import { isFailureInside } from './faults.js';
import { PageMaker } from './page-maker.js';
import { Patience } from './patience.js';
import type { Page } from './reading-streams.js';
import { allReadRequest, type AllRead } from './requests.js';
import { positionOf, streamNameOf, typeOf, type WireEvent } from './rows.js';
import { lastPosition, recordsOf, retrying, serverRead, type ReadingContext, type ServerRead } from './server-reads.js';
import type { ServerFilter, Wanted } from './stream-names.js';

/** One read of everything, for which the server may have to be asked more than once. */
interface Reading {
  readonly filter: ServerFilter;
  readonly maker: PageMaker;
  readonly pageSize: number;
  readonly ending: Ending;
  readonly patience: Patience;
}

/** A place that is beyond the end each time one looks is none of this server's. */
const LOOKS = 5;

/** Reads the whole log, filtered by the server, going on after a broken connection where it was. */
export class LogReader {
  readonly #context: ReadingContext;

  constructor(context: ReadingContext) {
    this.#context = context;
  }

  /** The pages of everything that is wanted after a position, up to the end there is when it gets there. */
  async *pages(options: ReadAllOptions, left?: AbortSignal): AsyncGenerator<Page, void, undefined> {
    const { names, closing, timeouts } = this.#context;
    const filter = names.serverFilter(options.filter);
    const pageSize = pageSizeOf(options);
    const ending = new Ending(closing, { signals: [options.signal, left] });
    const patience = new Patience('reading everything', timeouts.retryMs, ending.signal);
    const maker = new PageMaker(names, options.filter, options.after ?? START);
    const isNothing = 'prefixes' in filter && filter.prefixes.length === 0;
    try {
      while (!ending.isHere() && !isNothing) {
        try {
          yield* this.#once({ filter, maker, pageSize, ending, patience });
          if (!ending.isHere()) return;
        } catch (error) {
          await patience.after(error);
        }
      }
    } finally {
      ending.leave();
    }
  }

  /** One read, from where the last page ended. */
  async *#once(reading: Reading): AsyncGenerator<Page, void, undefined> {
    const { filter, maker, pageSize, ending, patience } = reading;
    const withinMs = this.#context.timeouts.scanMs;
    maker.forget();
    const read: AllRead = { direction: 'forwards', from: maker.handedOut, filter, limit: Infinity };
    for await (const records of this.#records(read, { pageSize, signal: ending.signal, withinMs })) {
      patience.renew();
      maker.take(records);
      while (maker.whole >= pageSize) yield maker.handOut(pageSize);
    }
    // The beginning of an append that the end of the log is in the middle of is not there yet.
    if (maker.whole > 0 && !ending.isHere()) yield maker.handOut(pageSize);
    else await this.refuseBeyond(maker.handedOut, ending.signal);
  }

  /** The position of the last event of this store; `START` when it has none. */
  async head(): Promise<Position> {
    const { names, timeouts } = this.#context;
    const isWanted = names.wanted(undefined);
    const read: AllRead = {
      direction: 'backwards',
      from: 'end',
      filter: names.serverFilter(undefined),
      limit: Infinity,
    };
    return retrying(this.#context, { doing: 'looking for the last event' }, async (signal) => {
      for await (const records of this.#records(read, { pageSize: 1, signal, withinMs: timeouts.scanMs })) {
        const last = records.find((record) => isWanted(nameAndType(record)));
        if (last !== undefined) return positionOf(last);
      }
      return START;
    });
  }

  /** The position of the last record of the whole log, whosever it is: all that comes later stands behind it. */
  end(signal: AbortSignal): Promise<Position> {
    return this.#lastBefore('end', signal);
  }

  /**
   * The position of the record before another, `START` when there is none. That other need not be there any more: a
   * scavenge may have taken it.
   */
  before(place: Position, signal: AbortSignal): Promise<Position> {
    return place === START ? Promise.resolve(START) : this.#lastBefore(place, signal);
  }

  /**
   * Looks more than once: a node that has just become the leader may not know yet what was read elsewhere.
   *
   * @throws PositionUnknown when a place is beyond the end of the log.
   */
  async refuseBeyond(place: Position, signal: AbortSignal): Promise<void> {
    for (let look = 1; place !== START && !signal.aborted; look++) {
      const end = await this.end(signal);
      if (place <= end || signal.aborted) return;
      if (look === LOOKS) throw new PositionUnknown({ position: place, head: end });
      await backOff(look, signal);
    }
  }

  /** The first record after a position that is wanted, if there is one. */
  async firstAfter(
    after: Position,
    filter: EventFilter | undefined,
    signal: AbortSignal,
  ): Promise<WireEvent | undefined> {
    const { names, timeouts } = this.#context;
    const isWanted = names.wanted(filter);
    const read: AllRead = { direction: 'forwards', from: after, filter: names.serverFilter(filter), limit: Infinity };
    for await (const records of this.#records(read, { pageSize: 1, signal, withinMs: timeouts.scanMs })) {
      const first = records.find((record) => positionOf(record) > after && isWanted(nameAndType(record)));
      if (first !== undefined) return first;
    }
    return undefined;
  }

  /** The first event of this store, as long as reads are patient. */
  first(): Promise<WireEvent | undefined> {
    return retrying(this.#context, { doing: 'looking for the first event' }, (signal) =>
      this.firstAfter(START, undefined, signal),
    );
  }

  /** The record at a position, as long as reads are patient; `undefined` when there is none. */
  at(place: Position): Promise<WireEvent | undefined> {
    const read: AllRead = { direction: 'forwards', from: place, filter: undefined, limit: 1 };
    const withinMs = this.#context.timeouts.readMs;
    return retrying(this.#context, { doing: 'looking for an event' }, async (signal) => {
      for (let look = 1; look <= LOOKS; look++) {
        try {
          for await (const records of this.#records(read, { pageSize: 1, signal, withinMs })) {
            return records.find((record) => positionOf(record) === place);
          }
          return undefined;
        } catch (error) {
          // A server that fails at a place, and can be read all the same, has no such place.
          if (!isFailureInside(error)) throw error;
          await this.end(signal);
          await backOff(look, signal);
        }
      }
      return undefined;
    });
  }

  async #lastBefore(from: Position | 'end', signal: AbortSignal): Promise<Position> {
    const read: AllRead = { direction: 'backwards', from, filter: undefined, limit: 1 };
    const withinMs = this.#context.timeouts.stallMs;
    for await (const records of this.#records(read, { pageSize: 1, signal, withinMs })) {
      return lastPosition(records) ?? START;
    }
    return START;
  }

  async *#records(
    read: AllRead,
    how: Omit<ServerRead, 'request'>,
  ): AsyncGenerator<readonly WireEvent[], void, undefined> {
    const messagesOf = serverRead(this.#context.connection, { ...how, request: allReadRequest(read) });
    for await (const messages of messagesOf) yield recordsOf(messages);
  }
}

function nameAndType(record: WireEvent): Parameters<Wanted>[0] {
  return { streamName: streamNameOf(record), type: typeOf(record) };
}
