import { laterPosition, START, type Position } from '@login-policy/event-sourcing';
import { onAbort, pageSizeOf, type ReadAhead, type ReadAllOptions } from '@login-policy/event-sourcing/store';
import { Cancellation } from './cancellation.js';
import { PageMaker } from './page-maker.js';
import { Retries } from './retries.js';
import type { Page } from './reading-streams.js';
import type { LogReader, Reading } from './reads.js';
import type { ReadingContext } from './server-reads.js';

/** The context of a reader that follows the log. */
export interface FollowingContext extends ReadingContext {
  readonly log: LogReader;
}

/** A running read of the log, up to the end at its start. */
interface Run {
  /** The end of the last whole append at the start. So the returned position is always an event of this store. */
  readonly end: Position;
  /** When the server was asked for the end, by `performance.now()`. */
  readonly askedAt: number;
  readonly maker: PageMaker;
  readonly pages: AsyncIterator<Page, void, undefined>;
  /** The next page, read ahead to know whether the current one is the last. */
  next: IteratorResult<Page, void>;
}

/**
 * Reads page by page from a position to the end of the log, and again. Retries without limit while the server is
 * unavailable.
 */
export class PageReader {
  readonly #context: FollowingContext;
  readonly #options: ReadAllOptions;
  readonly #reading: Reading;
  #run: Run | undefined;

  constructor(context: FollowingContext, options: ReadAllOptions) {
    const { filter, signal } = options;
    const cancellation = new Cancellation(context.closing, { signals: [signal] });
    onAbort(signal, () => cancellation.dispose());
    this.#context = context;
    this.#options = options;
    this.#reading = {
      filter,
      pageSize: pageSizeOf(options),
      cancellation,
      retries: Retries.unlimited(cancellation.signal),
    };
  }

  /**
   * The next page; or that there is none up to the end of the log.
   *
   * @throws PositionUnknown when the log has no event at the position.
   */
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
    // The rest of an incomplete append is still to come, so its beginning is not regarded as scanned.
    const scannedUpTo = isInside ? handedOut : laterPosition(handedOut, run.end);
    return { events, scannedUpTo, reachedHead: true, askedAt: run.askedAt };
  }

  async #begin(after: Position): Promise<Run> {
    const { log } = this.#context;
    // The end is read first, so that the read includes everything up to it.
    const { end, askedAt } = await this.#end();
    const maker = new PageMaker(this.#context, this.#options.filter, after);
    const pages = log.fill(maker, this.#reading);
    return { end, askedAt, maker, pages, next: await pages.next() };
  }

  /** The end as the leader knows it: another node may lack the latest events. */
  async #end(): Promise<Pick<Run, 'end' | 'askedAt'>> {
    const { cancellation, retries } = this.#reading;
    while (!cancellation.isCancelled()) {
      try {
        const { head, askedAt } = await this.#context.log.ends.prove(START, cancellation.signal);
        return { end: head, askedAt };
      } catch (error) {
        await retries.waitAfter(error);
      }
    }
    return { end: START, askedAt: -Infinity };
  }
}
