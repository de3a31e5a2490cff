import { START, type Position } from '@login-policy/event-sourcing';
import {
  PositionUnknown,
  pageSizeOf,
  type EventFilter,
  type HeadProof,
  type ReadAllOptions,
  type WaitOptions,
} from '@login-policy/event-sourcing/store';
import { Ending } from './ending.js';
import { LogEnds } from './log-ends.js';
import { LogLooks } from './log-looks.js';
import type { LogRecord } from './log-record.js';
import { PageMaker } from './page-maker.js';
import { Patience } from './patience.js';
import type { Page } from './reading-streams.js';
import type { AllRead } from './requests.js';
import { retrying, type ReadingContext } from './server-reads.js';

/** How everything is read, for which the server may have to be asked more than once. */
export interface Reading {
  readonly filter: EventFilter | undefined;
  readonly pageSize: number;
  readonly ending: Ending;
  readonly patience: Patience;
}

/** Reads the whole log, filtered by the server, going on after a broken connection where it was. */
export class LogReader {
  readonly #context: ReadingContext;
  readonly #looks: LogLooks;
  /** Where the log ends. */
  readonly ends: LogEnds;

  constructor(context: ReadingContext) {
    this.#context = context;
    this.#looks = new LogLooks(context);
    this.ends = new LogEnds(context);
  }

  /** The pages of everything that is wanted after a position, up to the end there is when it gets there. */
  async *pages(options: ReadAllOptions, left?: AbortSignal): AsyncGenerator<Page, void, undefined> {
    const { closing, timeouts } = this.#context;
    const { filter, after = START } = options;
    const pageSize = pageSizeOf(options);
    const ending = new Ending(closing, { signals: [options.signal, left] });
    const patience = new Patience('reading everything', timeouts.retryMs, ending.signal);
    try {
      yield* this.fill(new PageMaker(this.#context, filter, after), { filter, pageSize, ending, patience });
    } finally {
      ending.leave();
    }
  }

  /**
   * Fills a maker from where it is. The beginning of an append that the end of the log is in the middle of stays in it.
   */
  async *fill(maker: PageMaker, reading: Reading): AsyncGenerator<Page, void, undefined> {
    const { filter, ending, patience } = reading;
    const isNothing = filter?.categories.length === 0;
    while (!ending.isHere() && !isNothing) {
      try {
        // A node that was elected may lack the end of the log, and a line that breaks may lead to another node next.
        const isSame = await this.#context.leadership.demand(ending.signal);
        await this.#demandKnown(maker.handedOut, ending.signal);
        yield* this.#fillOnce(maker, reading);
        if (!ending.isHere() && isSame()) return;
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
    const from = { from: maker.handedOut, filter: names.serverFilter(filter) };
    const read: AllRead = { direction: 'forwards', limit: Infinity, ...from };
    for await (const records of this.#looks.records(read, {
      pageSize,
      signal: ending.signal,
      withinMs: timeouts.scanMs,
    })) {
      patience.renew();
      maker.take(records);
      while (maker.whole >= pageSize) yield this.#handOut(maker, pageSize);
    }
    if (ending.isHere()) return;
    maker.settle();
    while (maker.whole > 0) yield this.#handOut(maker, pageSize);
  }

  #handOut(maker: PageMaker, pageSize: number): Page {
    const page = maker.handOut(pageSize);
    this.ends.note(page.at(-1)?.event.position);
    return page;
  }

  /** The end of the last whole append of this store; `START` when it has none. */
  async head(): Promise<Position> {
    return (await this.prove(START)).head;
  }

  /** What `EventStore.proveHead` promises. */
  prove(checkpoint: Position, { signal }: WaitOptions = {}): Promise<HeadProof> {
    return retrying(this.#context, { doing: 'looking for the last event', signal }, (stop) =>
      this.ends.prove(checkpoint, stop),
    );
  }

  /** The first event of this store, as long as reads are patient. */
  first(): Promise<LogRecord | undefined> {
    return retrying(this.#context, { doing: 'looking for the first event' }, (signal) => this.ends.first(signal));
  }

  /** The record at a place, as long as reads are patient; `undefined` when there is none. */
  at(place: Position): Promise<LogRecord | undefined> {
    return retrying(this.#context, { doing: 'looking for an event' }, (signal) => this.ends.at(place, signal));
  }

  /** What `EventStore.knows` promises. */
  knows(position: Position, { signal }: WaitOptions = {}): Promise<boolean> {
    return retrying(this.#context, { doing: 'looking for an event', signal }, (stop) => this.#isKnown(position, stop));
  }

  /**
   * @throws PositionUnknown when another record stands at a position, or the log ends before it, as the leader says.
   */
  async #demandKnown(position: Position, signal: AbortSignal): Promise<void> {
    if ((await this.#isKnown(position, signal)) || signal.aborted) return;
    throw new PositionUnknown({ position, head: await this.head() });
  }

  /**
   * A node that does not lead yet may lack what was read elsewhere: that is a reason to wait. @throws StoreUnavailable
   */
  async #isKnown(position: Position, signal: AbortSignal): Promise<boolean> {
    if (await this.ends.isInLog(position, signal)) return true;
    await this.#context.leadership.ask(signal);
    return this.ends.isInLog(position, signal);
  }
}
