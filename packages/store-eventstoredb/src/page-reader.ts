import { laterPosition, START, type Position } from '@login-policy/event-sourcing';
import { onAbort, pageSizeOf, type ReadAhead, type ReadAllOptions } from '@login-policy/event-sourcing/store';
import { Ending } from './ending.js';
import { PageMaker } from './page-maker.js';
import { Patience } from './patience.js';
import type { Page } from './reading-streams.js';
import type { LogReader, Reading } from './reads.js';
import type { ReadingContext } from './server-reads.js';

/** What following needs besides what reading does. */
export interface FollowingContext extends ReadingContext {
  readonly log: LogReader;
}

/** One read of everything under way, up to the end there was when it began. */
interface Run {
  /** The end of the last whole append there was: a place that is handed out is an event of this store, and no record of others'. */
  readonly end: Position;
  /** When the server was asked for the end, by `performance.now()`. */
  readonly askedAt: number;
  readonly maker: PageMaker;
  readonly pages: AsyncIterator<Page, void, undefined>;
  /** Read ahead, so that the last page is known to be one. */
  next: IteratorResult<Page, void>;
}

/** Reads on from a position, page by page to the end, and again; for as long as it takes while the server is away. */
export class PageReader {
  readonly #context: FollowingContext;
  readonly #options: ReadAllOptions;
  readonly #reading: Reading;
  #run: Run | undefined;

  constructor(context: FollowingContext, options: ReadAllOptions) {
    const { filter, signal } = options;
    const ending = new Ending(context.closing, { signals: [signal] });
    onAbort(signal, () => ending.leave());
    this.#context = context;
    this.#options = options;
    this.#reading = { filter, pageSize: pageSizeOf(options), ending, patience: Patience.endless(ending.signal) };
  }

  /** The next page, or that there is none up to the end. @throws PositionUnknown when the position stands for nothing here. */
  async read(after: Position): Promise<ReadAhead> {
    const run = this.#run ?? (await this.#begin(after));
    this.#run = undefined;
    const { value: page } = run.next;
    if (page !== undefined) run.next = await run.pages.next();
    const events = page?.map(({ event }) => event) ?? [];
    if (run.next.done !== true) {
      this.#run = run;
      return { events, scannedUpTo: events.at(-1)?.position ?? after, reachedHead: false };
    }
    const { handedOut, isInside } = run.maker;
    // Before an append of which the end is about to come, nothing is missing.
    const scannedUpTo = isInside ? handedOut : laterPosition(handedOut, run.end);
    return { events, scannedUpTo, reachedHead: true, askedAt: run.askedAt };
  }

  async #begin(after: Position): Promise<Run> {
    const { log } = this.#context;
    // Looked at first, so that all up to there is in the read.
    const { end, askedAt } = await this.#end();
    const maker = new PageMaker(this.#context, this.#options.filter, after);
    const pages = log.fill(maker, this.#reading);
    return { end, askedAt, maker, pages, next: await pages.next() };
  }

  /** As the leader says: what another node has not got yet would be missing. */
  async #end(): Promise<Pick<Run, 'end' | 'askedAt'>> {
    const { ending, patience } = this.#reading;
    while (!ending.isHere()) {
      try {
        const { head, askedAt } = await this.#context.log.ends.prove(START, ending.signal);
        return { end: head, askedAt };
      } catch (error) {
        await patience.after(error);
      }
    }
    return { end: START, askedAt: -Infinity };
  }
}
