import { laterPosition, START, type Position } from '@login-policy/event-sourcing';
import { onAbort, type ReadAhead, type ReadAllOptions } from '@login-policy/event-sourcing/store';
import { Cancellation } from './cancellation.js';
import { PageMaker } from './page-maker.js';
import { Retries } from './retries.js';
import { PAGE_SIZE, type Page } from './stream-reader.js';
import type { LogReader, LogReadSettings } from './log-reader.js';
import type { ReadingContext } from './server-reads.js';

/** The context of a reader that follows the log. */
export interface FollowingContext extends ReadingContext {
  readonly log: LogReader;
}

/** A read in progress, up to the end of the log. */
interface Run {
  /** The head before the read began. The read includes every event up to it. */
  readonly head: Position;
  /** When the server was asked for the head, by `performance.now()`. */
  readonly askedAt: number;
  readonly maker: PageMaker;
  readonly pages: AsyncIterator<Page, void, undefined>;
  /** Read ahead, because a page must say whether it is the last one. */
  nextPage: IteratorResult<Page, void>;
}

/**
 * Reads the log page by page up to its head, and then up to the next head. Retries without limit while the server is
 * unavailable.
 */
export class PageReader {
  readonly #context: FollowingContext;
  readonly #options: ReadAllOptions;
  readonly #settings: LogReadSettings;
  #run: Run | undefined;

  constructor(context: FollowingContext, options: ReadAllOptions) {
    const { filter, signal, pageSize = PAGE_SIZE } = options;
    const cancellation = new Cancellation(context.closing, { signal });
    onAbort(signal, () => cancellation.dispose());
    this.#context = context;
    this.#options = options;
    this.#settings = {
      filter,
      pageSize,
      cancellation,
      retries: Retries.unlimited(cancellation.signal),
    };
  }

  /**
   * The next page. `after` counts only for the first page up to a head; the others follow one another. `reachedHead` is
   * true for the last page, which may be empty.
   *
   * @throws PositionUnknown when the log has no event at `after`.
   */
  async read(after: Position): Promise<ReadAhead> {
    const run = this.#run ?? (await this.#start(after));
    this.#run = undefined;
    const { value: page } = run.nextPage;
    if (page !== undefined) run.nextPage = await run.pages.next();
    const events = page?.map(({ event }) => event) ?? [];
    if (run.nextPage.done !== true) {
      this.#run = run;
      return { events, scannedUpTo: events.at(-1)?.position ?? after, reachedHead: false };
    }
    const { returnedUpTo, hasIncomplete } = run.maker;
    if (await this.#hasEndedEarly(run)) return { events, scannedUpTo: returnedUpTo, reachedHead: false };
    // An incomplete append must be read again, so its beginning does not count as scanned.
    const scannedUpTo = hasIncomplete ? returnedUpTo : laterPosition(returnedUpTo, run.head);
    return { events, scannedUpTo, reachedHead: true, askedAt: run.askedAt };
  }

  async #start(after: Position): Promise<Run> {
    const { log } = this.#context;
    const { head, askedAt } = await this.#readHead();
    const maker = new PageMaker(this.#context, this.#options.filter, after);
    const pages = log.pagesFrom(maker, this.#settings);
    return { head, askedAt, maker, pages, nextPage: await pages.next() };
  }

  /** Whether the server ended the read, as if all were well, before an event at the head that it should have sent. */
  async #hasEndedEarly({ head, maker }: Run): Promise<boolean> {
    const { log, names } = this.#context;
    const { filter, cancellation, retries } = this.#settings;
    if (maker.hasIncomplete || maker.returnedUpTo >= head || cancellation.isCancelled()) return false;
    try {
      const atHead = await log.ends.at(head, cancellation.signal);
      return atHead !== undefined && names.wanted(filter)(atHead);
    } catch (error) {
      await retries.waitAfter(error);
      return true;
    }
  }

  /** The head as the leader knows it, because another node may lack the latest events. */
  async #readHead(): Promise<Pick<Run, 'head' | 'askedAt'>> {
    const { cancellation, retries } = this.#settings;
    while (!cancellation.isCancelled()) {
      try {
        const { head, askedAt } = await this.#context.log.ends.head(cancellation.signal);
        return { head, askedAt };
      } catch (error) {
        await retries.waitAfter(error);
      }
    }
    return { head: START, askedAt: -Infinity };
  }
}
