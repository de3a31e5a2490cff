import { laterPosition, START, type Position } from '@login-policy/event-sourcing';
import { onAbort, type ReadAhead, type ReadAllOptions } from '@login-policy/event-sourcing/store';
import { Cancellation } from './cancellation.js';
import { PageMaker } from './page-maker.js';
import { Retries } from './retries.js';
import { PAGE_SIZE, type Page } from './stream-reader.js';
import type { LogRead, LogReader } from './log-reader.js';
import type { ReadingContext } from './server-reads.js';

/** The context of a reader that follows the log. */
export interface FollowingContext extends ReadingContext {
  readonly log: LogReader;
}

/** A read in progress, up to the end of the log. */
interface Run {
  readonly read: LogRead;
  readonly pages: AsyncIterator<Page, void, undefined>;
  /** Read ahead, because a page must say whether it is the last one. */
  nextPage: IteratorResult<Page, void>;
}

/**
 * Reads the log page by page up to its head, and then up to the next head. While the server is unavailable, it retries
 * for `retryMs`.
 */
export class PageReader {
  readonly #context: FollowingContext;
  readonly #settings: Omit<LogRead, 'maker'>;
  #run: Run | undefined;

  constructor(context: FollowingContext, options: ReadAllOptions, retryMs: number) {
    const { filter, signal, pageSize = PAGE_SIZE } = options;
    const cancellation = new Cancellation(context.closing, { signal });
    onAbort(signal, () => cancellation.dispose());
    this.#context = context;
    this.#settings = {
      filter,
      pageSize,
      cancellation,
      retries: new Retries('reading the log', retryMs, cancellation.signal),
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
    const { maker, proof } = run.read;
    const { returnedUpTo, hasIncomplete } = maker;
    // An incomplete append must be read again, so its beginning does not count as scanned.
    const scannedUpTo = hasIncomplete ? returnedUpTo : laterPosition(returnedUpTo, proof?.head ?? START);
    return { events, scannedUpTo, reachedHead: true, askedAt: proof?.askedAt ?? -Infinity };
  }

  async #start(after: Position): Promise<Run> {
    const read = { ...this.#settings, maker: new PageMaker(this.#context, this.#settings.filter, after) };
    const pages = this.#context.log.pagesOf(read);
    return { read, pages, nextPage: await pages.next() };
  }
}
